-- one pattern step that is as long as text times set
return string.match(string.rep('a', 1e6), '[' .. string.rep('b', 1e6) .. 'a]*c')

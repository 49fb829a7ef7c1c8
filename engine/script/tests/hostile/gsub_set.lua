return string.gsub(string.rep('a', 4e6), '[' .. string.rep('b', 2e5) .. 'a]*c', 'x')

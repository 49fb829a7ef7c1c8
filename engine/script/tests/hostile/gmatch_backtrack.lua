local n = 0
for w in string.gmatch(string.rep('a', 30) .. 'b', string.rep('a*', 30) .. 'c') do n = n + 1 end
return n

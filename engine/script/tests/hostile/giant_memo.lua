for i = 1, 3e5 do memo['k' .. i] = string.rep('y', 50) end
memo.self = memo
return stay()

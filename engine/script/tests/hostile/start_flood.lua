for i = 1, 1e9 do pcall(start, 'w' .. i) end

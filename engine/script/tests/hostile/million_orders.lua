for i = 1, 1e6 do pcall(visit, { count = i }) end
return stay()

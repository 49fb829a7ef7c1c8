for i = 1, 1e9 do pcall(finish, 'x') end

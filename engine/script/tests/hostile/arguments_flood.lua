local t = {}
for i = 1, 2e5 do t['k' .. i] = i end
while true do pcall(visit, t) pcall(visit, { mode = string.rep('x', 1e6) }) pcall(finish, string.rep('x', 1e6)) end

local s = string.rep('x', 2e6)
local t = {}
for i = 1, 1e5 do t[i] = s end
while true do pcall(table.concat, t, s) end

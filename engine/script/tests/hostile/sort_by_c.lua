local t = {}
for i = 1, 9e5 do t[i] = (i * 7919) % 1000003 end
local by = rawequal or function() return false end
table.sort(t, by)
while true do table.sort(t, by) end

local t = {}
for i = 1, 4e5 do t[i] = i end
local take = unpack or table.unpack
while true do pcall(take, t) pcall(string.char, 1, 2, take(t, 1, 7000)) pcall(wait, take(t, 1, 7000)) end

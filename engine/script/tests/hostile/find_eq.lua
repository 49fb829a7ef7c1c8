local calls = 0
local meta = { __eq = function(a, b) calls = calls + 1 return false end }
local hang = setmetatable or function(t) return t end
local one, other = hang({}, meta), hang({}, meta)
local t = {}
for i = 1, 5e5 do t[i] = one end
while true do table.find(t, other) end

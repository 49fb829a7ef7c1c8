local t = {}
if setmetatable then
  for i = 1, 90 do t = setmetatable({}, { __index = t, __newindex = t }) end
  setmetatable(t, { __index = function(s, k) return s[k .. 'x'] end })
end
while true do local x = t.a; t.b = x end

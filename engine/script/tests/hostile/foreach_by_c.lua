local each = table.foreach or function(t, f) for k, v in pairs(t) do f(k, v) end end
local t = {}
for i = 1, 2e5 do t[i] = 1e6 end
return each(t, string.rep)

local m
m = setmetatable and setmetatable({}, { __lt = function(a, b) return a < b end, __eq = function(a, b) return a == b end })
return m and m < m or (function() while true do local x = 1 < 2 end end)()

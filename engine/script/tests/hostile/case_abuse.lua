pcall(rawset or error, case, 'balance', 0)
pcall(setmetatable or error, case, {})
local meta = getmetatable and getmetatable(case)
if type(meta) == 'table' then meta.__index = function() return 0 end end
pcall(function() case.balance = 0 end)
pcall(function() case.debtor.alive = false end)
pcall(function() getmetatable('').__index = function() while true do end end end)
if case.balance ~= 4000000 or ('x'):rep(2) ~= 'xx' then return finish 'tampered' end
while true do end

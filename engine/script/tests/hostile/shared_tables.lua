pcall(function() string.find = nil end)
pcall(function() table.insert = function() while true do end end end)
pcall(function() math.floor = error end)
pcall(function() rawset(string, 'rep', error) end)
pcall(function() getfenv().stay = error end)
pcall(function() setfenv(0, {}) end)
pcall(function() _G.stay = error end)
if string.find('abc', 'c') ~= 3 or math.floor(1.5) ~= 1 then return finish 'tampered' end
while true do end

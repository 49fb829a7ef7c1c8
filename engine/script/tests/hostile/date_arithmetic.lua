local d = today()
while true do pcall(function() d = d + 2 ^ 52 * days end) pcall(function() d = d - d - d end) d = today() + 9 * days end

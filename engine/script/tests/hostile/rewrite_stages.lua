pcall(function() stage 't' { enter = error } end)
pcall(function() workflow 'w' { start = 'x' } end)
pcall(function() always { on_deceased = error } end)
pcall(function() setting.limit = 0 end)
pcall(function() days.count = 100 end)
if setting.limit ~= 10000 then return finish 'tampered' end
while true do end

local function fail(n) local ok, e = pcall(error, { n }) error(e) end
while true do pcall(fail, 1) pcall(case, case) end

return string.match(string.rep('a', 3e6), '^(a-)(a-)(a-)(a-)b$')

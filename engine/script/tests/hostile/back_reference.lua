return string.find(string.rep('a', 2e6), '(a*)%1%1b')

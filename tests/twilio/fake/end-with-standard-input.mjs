// Loaded before a program that would outlive who started it: ends it when its standard input closes, which it does
// however the other end goes.

process.stdin.on('end', () => process.exit()).on('error', () => process.exit()).resume();

import { setFlagsFromString } from 'node:v8'

// Node throws away its own compiled code where V8's flags are not the ones that it was built with, and `bin/sluice` gives
// the heap a size to begin with: compiling anew what the start needs of Node took 20 ms. The heap has its size by now.
setFlagsFromString('--initial-old-space-size=0')

// Who asks for a reload while the agent starts gets what it asks for: the configuration is read after this. Without a word of
// ours the signal would end the process.
process.on('SIGHUP', () => {})

await import('./program.ts')

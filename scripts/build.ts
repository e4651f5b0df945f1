// Bundles the agent into dist/: `sluice.js` runs `program.cjs`, which is one file, with what V8 has compiled of it in an
// earlier start (src/compiled-program.ts, bench/startup).
import { createHash } from 'node:crypto'
import { copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, build, type Plugin } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const outdir = process.argv[2] ?? join(root, 'dist')
rmSync(outdir, { recursive: true, force: true })
mkdirSync(outdir, { recursive: true })

/**
 * Built-in modules that load only when something of them is used, at each use: the getters behind these take 16 MB of an
 * idle agent's memory and 30 ms of its start.
 */
const lazy = /^node:(http|https|http2|tls)$/

/**
 * An `import` of a built-in module reads each of its exports, among them getters that load streams, MIME types and the
 * built-in fetch. `getBuiltinModule` gives the module alone, and only what the bundle uses of it is read: 40 ms of the start.
 */
const builtinsWithoutFacade: Plugin = {
  name: 'builtins-without-facade',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ path, kind, importer }) => {
      if (kind !== 'import-statement' || !isBuiltin(path)) return undefined
      const name = path.startsWith('node:') ? path : `node:${path}`
      // One for each importer: shared, it would be a file of its own.
      const suffix = `?${relative(root, importer)}`
      return { path: name, suffix, namespace: lazy.test(name) ? 'lazy-builtin' : 'builtin', sideEffects: false }
    })
    onLoad({ filter: /./, namespace: 'lazy-builtin' }, ({ path }) => ({
      contents: `
        const get = (_, key) => key === '__esModule' ? undefined : process.getBuiltinModule('${path}')[key]
        module.exports = Object.create(new Proxy({}, { get }))`,
    }))
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path) ?? {}).filter(name => /^[a-zA-Z_$][\w$]*$/.test(name))
      const uses = names
        .filter(name => name !== 'default')
        .map((name, i) => `const export${i} = /* @__PURE__ */ get('${name}')\nexport { export${i} as ${name} }`)
      return {
        contents: `
          const get = name => process.getBuiltinModule('${path}')[name]
          const all = /* @__PURE__ */ process.getBuiltinModule('${path}')
          export default all
          ${uses.join('\n')}`,
      }
    })
  },
}

/**
 * Components that are in one file, with what only they need, because they come together or share most of it. With a file
 * for each component an agent of four would read 66. What is in no group has a file of its own.
 */
const groups: Readonly<Record<string, RegExp>> = {
  common:
    /^(receivers\/otlp(-json-file)?|processors\/(batch|memory-limiter|resource-detection|probabilistic-sampler|adaptive-sampler)|exporters\/(debug|file|nop|otlp-grpc|otlp-http)|connectors\/forward|extensions\/(basicauth|bearertokenauth|file-storage|health-check))$/,
  conditions: /^(processors\/(attributes|filter|k8s-attributes|resource|tail-sampling)|connectors\/(count|routing))$/,
  money: /^(processors|connectors)\/cost$|^extensions\/budgets$/,
  foreign: /\/(jaeger|zipkin)$/,
}

const groupedComponents: Plugin = {
  name: 'grouped-components',
  setup({ onLoad, onResolve }) {
    const folders = new Map<string, string[]>()
    onLoad({ filter: /[/\\]src[/\\]components\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8').replace(/import\('\.\/(.*)\/factory\.ts'\)/g, (own, folder: string) => {
        const name = Object.keys(groups).find(group => groups[group]!.test(folder))
        if (name === undefined) return own
        folders.set(name, [...new Set([...(folders.get(name) ?? []), folder])])
        return name === 'common' ? 'Promise.resolve(common)' : `import('group:${name}')`
      })
      return { contents: `import * as common from 'group:common'\n${text}`, loader: 'ts' }
    })
    onResolve({ filter: /^group:/ }, ({ path }) => ({ path: path.slice('group:'.length), namespace: 'group' }))
    onLoad({ filter: /./, namespace: 'group' }, ({ path }) => ({
      contents: (folders.get(path) ?? []).map(folder => `export * from './${folder}/factory.ts'`).join('\n'),
      resolveDir: join(root, 'src'),
    }))
  },
}

const settings: BuildOptions = {
  absWorkingDir: root,
  outdir,
  bundle: true,
  platform: 'node',
  target: 'node24',
  legalComments: 'linked',
  minifySyntax: true,
  minifyWhitespace: true,
  // 3 MB less of an idle agent's memory; `SLUICE_NODE_OPTIONS=--enable-source-maps` gives the names back.
  minifyIdentifiers: true,
  sourcemap: 'linked',
  plugins: [builtinsWithoutFacade],
  external: ['@napi-rs/nice'],
}

const asModule: BuildOptions = {
  format: 'esm',
  banner: {
    // CommonJS dependencies inside an ES module bundle still ask for require and their own folder.
    js: [
      "let __sluiceRequire; const require = path => (__sluiceRequire ??= process.getBuiltinModule('node:module')",
      '.createRequire(import.meta.url))(path);',
    ].join(''),
  },
  define: { __filename: 'import.meta.filename', __dirname: 'import.meta.dirname' },
}

/** A third of all code, for proxies that are asked over TLS: a file of its own. */
const undiciApart: Plugin = {
  name: 'undici-apart',
  setup({ onLoad, onResolve }) {
    onResolve({ filter: /^undici$/ }, ({ path }) => ({ path, namespace: 'apart' }))
    onResolve({ filter: /^\.\/undici\.cjs$/ }, ({ path }) => ({ path, external: true }))
    onLoad({ filter: /./, namespace: 'apart' }, () => ({ contents: `module.exports = require('./undici.cjs')` }))
  },
}

await build({
  ...settings,
  plugins: [builtinsWithoutFacade, undiciApart],
  format: 'cjs',
  entryPoints: { program: 'src/program.ts' },
  outExtension: { '.js': '.cjs' },
  banner: {
    js: [
      '(function (exports, __none, module, __filename, __dirname, __url) {\n',
      "let __sluiceRequire; const require = path => (__sluiceRequire ??= process.getBuiltinModule('node:module')",
      '.createRequire(__url))(path);',
    ].join(''),
  },
  footer: { js: '})' },
  define: { 'import.meta.url': '__url', 'import.meta.filename': '__filename', 'import.meta.dirname': '__dirname' },
})
// It is read as one byte for each character. esbuild escapes what is not ASCII, but for regular expressions.
const escapeChar = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
const program = readFileSync(join(outdir, 'program.cjs'), 'utf8').replace(/[\u0080-\uffff]/g, escapeChar)
writeFileSync(join(outdir, 'program.cjs'), program)

const compiledProgram: Plugin = {
  name: 'compiled-program',
  setup({ onResolve }) {
    onResolve({ filter: /^\.\/program\.ts$/ }, () => ({ path: join(root, 'src/compiled-program.ts') }))
  },
}
await build({
  ...settings,
  ...asModule,
  entryPoints: { sluice: 'src/main.ts' },
  plugins: [builtinsWithoutFacade, compiledProgram],
  define: { programId: JSON.stringify(createHash('sha256').update(program).digest('hex').slice(0, 16)) },
})
// By themselves, with what they load when they need it in files of its own.
await build({
  ...settings,
  ...asModule,
  plugins: [builtinsWithoutFacade, groupedComponents],
  splitting: true,
  chunkNames: 'chunk-[hash]',
  entryPoints: {
    'stage-worker': 'src/stage-worker.ts',
    // Piscina starts its threads with the file of this name in its own folder, which in a bundle is this one.
    worker: 'node_modules/piscina/dist/worker.js',
  },
})
await build({
  ...settings,
  format: 'cjs',
  entryPoints: { undici: 'node_modules/undici/index.js' },
  outExtension: { '.js': '.cjs' },
})

// Data that is read at run time, by name beside the code.
for (const name of globSync('src/**/*.generated.json', { cwd: root })) {
  copyFileSync(join(root, name), join(outdir, basename(name)))
}

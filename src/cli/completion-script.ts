import { componentKinds, type NamedComponent, sectionOf } from '../config/agent-config.ts'
import { problemCodes } from '../config/problem-codes.ts'
import type { CommandSpec, OptionSpec } from './command.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** Words for one position: fixed ones, or files. */
interface Completion {
  readonly words: readonly string[]
  readonly hasFiles: boolean
}

/** A script that completes `sluice` in a shell, made from the command table and the components of this build. */
export function completionScript(
  shell: Shell,
  commands: readonly CommandSpec[],
  global: readonly OptionSpec[],
  components: readonly NamedComponent[],
): string {
  if (shell === 'fish') return fishScript(commands, global, components)
  const bash = bashScript(commands, global, components)
  return shell === 'bash' ? bash : `#compdef sluice\nautoload -U +X bashcompinit && bashcompinit\n${bash}`
}

function completionOf(
  completes: CommandSpec['completes'] | OptionSpec['completes'],
  components: readonly NamedComponent[],
): Completion {
  const types = [...new Set(components.map(component => component.type))].sort()
  if (completes === 'file') return { words: [], hasFiles: true }
  if (completes === 'component') return { words: types, hasFiles: false }
  if (completes === 'code') {
    const paths = components.map(component => `${sectionOf(component.kind)}.${component.type}`)
    const words = [...Object.keys(problemCodes), ...componentKinds.map(sectionOf), ...paths, 'service']
    return { words: [...new Set(words)], hasFiles: false }
  }
  return { words: completes ?? [], hasFiles: false }
}

function optionCompletion(option: OptionSpec, components: readonly NamedComponent[]): Completion {
  if (option.choices !== undefined) return { words: option.choices, hasFiles: false }
  return completionOf(option.completes, components)
}

function bashScript(
  commands: readonly CommandSpec[],
  global: readonly OptionSpec[],
  components: readonly NamedComponent[],
): string {
  const cases = commands.map(command => {
    const options = [...command.options, ...global]
    const values = options.filter(option => option.value !== undefined)
    const valueCases = values.map(option => {
      const names = option.short === undefined ? `--${option.name}` : `--${option.name}|-${option.short}`
      return `        ${names}) ${bashReply(optionCompletion(option, components))}; return ;;`
    })
    const flags = options.map(option => `--${option.name}`).join(' ')
    const own = completionOf(command.completes, components)
    return [
      `    ${[command.name, ...(command.aliases ?? [])].join('|')})`,
      '      case "$previous" in',
      ...valueCases,
      '      esac',
      `      if [[ $current == -* ]]; then COMPREPLY=($(compgen -W ${quoted(flags)} -- "$current")); return; fi`,
      `      ${bashReply(own)}`,
      '      ;;',
    ].join('\n')
  })
  const names = commands.map(command => command.name)
  return `_sluice() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command=run word
  COMPREPLY=()
  if [[ $previous == = ]]; then previous="\${COMP_WORDS[COMP_CWORD-2]}"; fi
  if [[ $current == = ]]; then previous="\${COMP_WORDS[COMP_CWORD-1]}" current=; fi
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in ${names.join('|')}) command="$word"; break ;; esac
  done
  if [[ $COMP_CWORD == 1 && $current != -* ]]; then
    COMPREPLY=($(compgen -W ${quoted(names.join(' '))} -- "$current"))
    return
  fi
  case "$command" in
${cases.join('\n')}
  esac
}
complete -F _sluice -o default sluice
`
}

function bashReply({ words, hasFiles }: Completion): string {
  if (hasFiles) return 'COMPREPLY=($(compgen -f -- "$current"))'
  return `COMPREPLY=($(compgen -W ${quoted(words.join(' '))} -- "$current"))`
}

function fishScript(
  commands: readonly CommandSpec[],
  global: readonly OptionSpec[],
  components: readonly NamedComponent[],
): string {
  const lines = ['complete -c sluice -f']
  for (const command of commands) {
    lines.push(`complete -c sluice -n __fish_use_subcommand -a ${command.name} -d ${quoted(command.summary)}`)
    const here = quoted(`__fish_seen_subcommand_from ${command.name}`)
    const own = completionOf(command.completes, components)
    if (own.hasFiles) lines.push(`complete -c sluice -n ${here} -F`)
    if (own.words.length > 0) lines.push(`complete -c sluice -n ${here} -a ${quoted(own.words.join(' '))}`)
    for (const option of [...command.options, ...global]) {
      const short = option.short === undefined ? '' : ` -s ${option.short}`
      const { words, hasFiles } = optionCompletion(option, components)
      const value =
        option.value === undefined
          ? ''
          : hasFiles
            ? ' -r -F'
            : ` -x${words.length > 0 ? ` -a ${quoted(words.join(' '))}` : ''}`
      lines.push(`complete -c sluice -n ${here} -l ${option.name}${short}${value} -d ${quoted(option.doc)}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** In single quotes, as every shell reads them. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

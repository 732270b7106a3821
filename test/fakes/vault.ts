import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Diagnostic, ToolError } from '../../lib/core/diagnostic.ts'
import { Secret } from '../../lib/core/secret.ts'
import type { KeyOptions } from '../../lib/secrets/keys.ts'
import { createVault } from '../../lib/secrets/vault.ts'
import { runVault } from '../../lib/vault/commands.ts'
import { keyOptions } from './keys.ts'

/** What a command of the vault left. */
export interface Vaulted {
  readonly code: number
  readonly printed: string
  /** Secrets that it showed because it was asked to. */
  readonly disclosed: string
  readonly findings: readonly Diagnostic[]
  readonly codes: readonly string[]
}

export interface With extends Partial<KeyOptions> {
  readonly answers?: readonly string[]
  /** What stands on standard input or is typed. */
  readonly value?: string
  readonly inventory?: string
  readonly passphrase?: boolean
  /** What the person does in the editor, one after the other. */
  readonly editor?: readonly ((file: string) => void)[]
  /** What is answered when a text has mistakes. */
  readonly confirm?: string
}

/** A project of its own with inventories, in which commands of the vault are run as their entry would. */
export interface Project {
  readonly folder: string
  write(name: string, text: string, mode?: number): string
  read(name: string): string
  run(words: string, more?: With): Promise<Vaulted>
  remove(): void
}

export function project(): Project {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'vault-project-')))
  const home = path.join(folder, 'home')
  const write = (name: string, text: string, mode = 0o644): string => {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, text)
    chmodSync(file, mode)
    return file
  }
  write('package.json', '{}')
  write('inventory/prod/hosts.yml', 'all: { hosts: { web: } }\n')
  return {
    folder,
    write,
    read: (name) => readFileSync(path.join(folder, name), 'utf8'),
    remove: () => rmSync(folder, { recursive: true }),
    async run(words, { value, inventory, passphrase = false, editor = [], confirm, ...more } = {}) {
      const keys = { ...keyOptions(folder, more), home: more.home ?? home }
      let [printed, disclosed] = ['', '']
      const findings: Diagnostic[] = []
      const open = [...editor]
      let code = 2
      try {
        code = await runVault(words.split(' '), {
          keys,
          vault: createVault(keys),
          root: folder,
          inventories: inventory === undefined ? [] : [inventory],
          passphrase,
          work: 4,
          print: (text) => {
            printed += text
          },
          disclose: (text) => {
            disclosed += text
          },
          emit: (event) => event.kind === 'diagnostic' && findings.push(event.diagnostic),
          confirm: async () => confirm,
          readSecret: async (_question, label) => new Secret(value ?? '', label),
          openEditor: async (file) => open.shift()?.(file),
        })
      } catch (error) {
        if (!(error instanceof ToolError)) throw error
        findings.push(...error.diagnostics)
      }
      return { code, printed, disclosed, findings, codes: findings.map((one) => one.code) }
    },
  }
}

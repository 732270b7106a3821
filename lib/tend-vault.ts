import { spawn } from 'node:child_process'
import type { Call } from './cli.ts'
import { LoadError, problem } from './core/diagnostic.ts'
import type { Flag } from './flags.ts'
import { root } from './root.ts'
import type { inventoryFlags, secretFlags } from './run-flags.ts'
import { ask, readSecret } from './secrets/prompt.ts'
import { createVault } from './secrets/vault.ts'
import { keysOf } from './stores.ts'
import { runVault } from './vault/commands.ts'

type Flags = Pick<typeof inventoryFlags, 'inventory'> & typeof secretFlags & { readonly passphrase: Flag<boolean> }

/** Runs a command of the vault; gives its exit code. */
export function tendVault(call: Call<Flags>): Promise<number> {
  const keys = keysOf(call)
  return runVault(call.operands, {
    keys,
    vault: createVault(keys),
    root,
    inventories: call.options.inventory,
    passphrase: call.options.passphrase,
    work: 18,
    print: call.print,
    disclose: call.disclose,
    emit: call.emit,
    readSecret,
    confirm: (question) => (process.stdin.isTTY ? ask(question, false) : Promise.resolve(undefined)),
    openEditor: (file) => openEditor(file, call),
  })
}

/** The editor of VISUAL or EDITOR, else vi; it ends when this command is asked to stop. */
function openEditor(file: string, { env, stopping }: Pick<Call<Flags>, 'env' | 'stopping'>): Promise<void> {
  const editor = env.VISUAL || env.EDITOR || 'vi'
  return new Promise((resolve, reject) => {
    const fail = (why: string) =>
      reject(
        new LoadError(
          problem('editor-failed', `the editor "${editor}" ${why}; nothing was written`, {
            mend: 'name one that works in EDITOR, and let it stay in the foreground',
          }),
        ),
      )
    const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'edit', file], { stdio: 'inherit' })
    const stop = () => child.kill('SIGTERM')
    stopping.addEventListener('abort', stop, { once: true })
    child.once('error', (error) => fail(`could not be started (${error.message})`))
    child.once('close', (code, signal) => {
      stopping.removeEventListener('abort', stop)
      if (code === 0 && !stopping.aborted) resolve()
      else fail(stopping.aborted || signal ? 'was stopped' : `ended with exit code ${code}`)
    })
  })
}

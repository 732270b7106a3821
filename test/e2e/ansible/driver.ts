import { spawn } from 'node:child_process'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '../../../lib/root.ts'

/** One command of Ansible's, run in a folder. */
export interface Request {
  readonly program: 'ansible-playbook' | 'ansible-inventory' | 'ansible'
  readonly folder: string
  readonly words: readonly string[]
  readonly environment?: { readonly [name: string]: string }
}

export interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

/**
 * Makes requests with an empty folder of their own, runs them, as many at once as there are processors, and hands over what
 * each said. `more` is the environment beside what keeps everything of the person who runs the tests out. Throws when the
 * driver ends before them.
 */
export async function drive<One extends Request>(
  requestsIn: (scratch: string) => readonly One[],
  more: { readonly [name: string]: string },
  take: (said: Said, request: One) => void,
): Promise<void> {
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'ansible-theirs-')))
  const driver = spawn(
    '/usr/bin/python3',
    [join(root, 'test/e2e/ansible/driver.py'), String(availableParallelism()), scratch],
    { cwd: scratch, env: environment(scratch, more), stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const over = new Promise<number | null>((resolve, reject) => {
    driver.once('error', reject)
    driver.once('close', resolve)
  })
  try {
    const requests = requestsIn(scratch)
    for (const [id, { program, folder, words, environment }] of requests.entries())
      driver.stdin.write(`${JSON.stringify({ id, program, folder, words, environment })}\n`)
    driver.stdin.end()
    let count = 0
    for await (const line of createInterface({ input: driver.stdout })) {
      const { id, ...said } = JSON.parse(line) as Said & { readonly id: number }
      const request = requests[id]
      if (request === undefined) continue
      count++
      take(said, request)
    }
    const code = await over
    if (count < requests.length)
      throw new Error(`ansible's driver ended with ${code} after ${count} of ${requests.length} runs`)
  } finally {
    driver.kill()
    rmSync(scratch, { recursive: true, force: true })
  }
}

function environment(home: string, more: { readonly [name: string]: string }): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: home,
    TMPDIR: home,
    LC_ALL: 'C.UTF-8',
    ANSIBLE_LOCAL_TEMP: join(home, 'local-tmp'),
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_LOCALHOST_WARNING: '0',
    PYTHONDONTWRITEBYTECODE: '1',
    ...more,
  }
}

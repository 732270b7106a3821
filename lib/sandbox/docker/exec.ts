import { setImmediate as immediate } from 'node:timers/promises'
import { empty, type Handler, json, readJson } from './call.ts'
import { containerNamed } from './containers.ts'
import type { Engine, ExecRecord } from './engine.ts'
import { runInContainer } from './exec-run.ts'
import { reader } from './fields.ts'
import { wire } from './frames.ts'
import type { ExecResult } from './program.ts'
import type { ContainerRecord } from './records.ts'
import { badParameter, conflict, notFound, Refusal } from './refusal.ts'
import { newId } from './store.ts'

const tell = (engine: Engine, container: ContainerRecord, action: string, exec: ExecRecord, more = {}): void =>
  engine.events.emit('container', action, container.Id, {
    ...container.Config.Labels,
    image: container.Config.Image,
    name: container.Name,
    execID: exec.id,
    ...more,
  })

const mustRun = (container: ContainerRecord): void => {
  if (!container.State.Running || container.State.Restarting) {
    throw conflict(
      `container ${container.Id} is ${container.State.Restarting ? 'restarting, wait until the container is running' : 'not running'}`,
    )
  }
  if (container.State.Paused) throw conflict(`container ${container.Name} is paused, unpause the container before exec`)
}

/** `POST /containers/{id}/exec`: prepares a command. */
export const createExec: Handler = async (call) => {
  const { engine } = call
  const wish = reader('ExecOptions', await readJson(call))
  const cmd = wish.words('Cmd') ?? []
  if (cmd.length === 0) throw badParameter('No exec command specified')
  const container = containerNamed(engine, call.params.id ?? '')
  mustRun(container)
  const exec: ExecRecord = {
    id: newId(),
    containerId: container.Id,
    cmd,
    env: wish.texts('Env') ?? [],
    user: wish.text('User') ?? '',
    workingDir: wish.text('WorkingDir') ?? '',
    tty: wish.flag('Tty') ?? false,
    privileged: wish.flag('Privileged') ?? false,
    attachStdin: wish.flag('AttachStdin') ?? false,
    attachStdout: wish.flag('AttachStdout') ?? false,
    attachStderr: wish.flag('AttachStderr') ?? false,
    running: false,
    exitCode: null,
  }
  engine.execs.set(exec.id, exec)
  tell(engine, container, `exec_create: ${cmd.join(' ')}`, exec)
  return json({ Id: exec.id }, 201)
}

const execNamed = (engine: Engine, id: string): ExecRecord => {
  const exec = engine.execs.get(id)
  if (exec === undefined) throw notFound(`No such exec instance: ${id}`)
  return exec
}

const missing = (cmd: readonly string[]): string =>
  `OCI runtime exec failed: exec failed: unable to start container process: exec: ${JSON.stringify(cmd[0])}: executable file not found in $PATH: unknown`

const perform = async (
  engine: Engine,
  container: ContainerRecord,
  exec: ExecRecord,
  stdin: () => Promise<Buffer>,
): Promise<ExecResult | undefined> => {
  exec.running = true
  tell(engine, container, `exec_start: ${exec.cmd.join(' ')}`, exec)
  let result: ExecResult | undefined
  try {
    result = await runInContainer(engine, container, {
      cmd: exec.cmd,
      stdin,
      env: exec.env,
      user: exec.user,
      workingDir: exec.workingDir,
      tty: exec.tty,
    })
  } catch (problem) {
    result = { code: 1, stderr: `${problem instanceof Error ? problem.message : String(problem)}\n` }
  }
  exec.running = false
  exec.exitCode = result?.code ?? 127
  tell(engine, container, 'exec_die', exec, { exitCode: String(exec.exitCode) })
  return result
}

/** `POST /exec/{id}/start`: runs the command; the answer is its output, or nothing when detached. */
export const startExec: Handler = async (call) => {
  const { engine } = call
  const exec = execNamed(engine, call.params.id ?? '')
  const wish = reader('ExecStartOptions', await readJson(call))
  const container = containerNamed(engine, exec.containerId)
  mustRun(container)
  if (exec.running) throw conflict(`Error: Exec command ${exec.id} is already running`)
  if (exec.exitCode !== null) throw conflict(`Error: Exec command ${exec.id} has already run`)
  const none = async () => Buffer.alloc(0)
  if (wish.flag('Detach')) {
    const done = perform(engine, container, exec, none)
    // A command that does not exist is refused at once; any other is left running.
    const quick = await Promise.race([done.then((result) => result ?? 'missing'), immediate()])
    if (quick === 'missing') throw new Refusal(400, missing(exec.cmd))
    return empty(200)
  }
  return {
    kind: 'hijack',
    tty: exec.tty,
    run: async (out) => {
      const result = await perform(engine, container, exec, exec.attachStdin ? out.stdin : none)
      if (result === undefined) {
        out.write(wire(exec.tty, 'stderr', `${missing(exec.cmd)}\r\n`))
        return
      }
      const { stdout = '', stderr = '' } = result
      if (exec.attachStdout && stdout.length > 0) out.write(wire(exec.tty, 'stdout', stdout))
      if (exec.attachStderr && stderr.length > 0) out.write(wire(exec.tty, 'stderr', stderr))
    },
  }
}

/** `GET /exec/{id}/json` */
export const inspectExec: Handler = ({ engine, params }) => {
  const exec = execNamed(engine, params.id ?? '')
  return json({
    ID: exec.id,
    Running: exec.running,
    ExitCode: exec.exitCode,
    ProcessConfig: {
      tty: exec.tty,
      entrypoint: exec.cmd[0],
      arguments: exec.cmd.slice(1),
      privileged: exec.privileged,
      ...(exec.user === '' ? {} : { user: exec.user }),
    },
    OpenStdin: exec.attachStdin,
    OpenStderr: exec.attachStderr,
    OpenStdout: exec.attachStdout,
    CanRemove: false,
    ContainerID: exec.containerId,
    DetachKeys: '',
    Pid: exec.running ? 4000 : 0,
  })
}

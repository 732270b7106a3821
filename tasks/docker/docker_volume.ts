import { askEngine } from '../../lib/containers/engine.ts'
import { found } from '../../lib/containers/inspect.ts'
import { type Change, create, type Plain, remove, run, s, task, update, type Value } from '../../lib/task.ts'

interface Volume {
  readonly Name: string
  readonly Driver: string
  readonly Options?: { readonly [key: string]: string } | null
  readonly Labels?: { readonly [key: string]: string } | null
}

type Data = { readonly remove: boolean; readonly create: boolean }

export default task({
  summary: 'A volume exists, or does not.',
  args: s.args({
    volume_name: s.string('Name of the volume.', { aliases: ['name'] }),
    driver: s.string('Driver that keeps it.').default('local'),
    driver_options: s.map(s.string('A value.'), 'Options of the driver.').optional(),
    labels: s.map(s.string('A value.'), 'Labels of the volume.').optional(),
    recreate: s
      .choice(['never', 'options-changed', 'always'], 'When to remove it with all that is in it and make it anew.')
      .default('never'),
    state: s.choice(['present', 'absent'], 'Shall it exist? "absent" removes all that is in it.').default('present'),
  }),
  examples: [
    'docker_volume: { name: mongodb }',
    'docker_volume: { name: uploads, labels: { backup: "daily" } }',
    'docker_volume: { name: scratch, state: absent }',
  ],
  returns: { volume: 'What the engine says of the volume.' },

  probe: ({ volume_name }) => ({
    ask: [{ on: 'docker', path: pathOf(volume_name) }],
    read: ([answer]) => found<Volume>(answer),
  }),
  diff: (args, volume): readonly Change<Data>[] => {
    const target = `volume ${args.volume_name}`
    if (args.state === 'absent')
      return volume ? [remove(target, { driver: volume.Driver }, { remove: true, create: false })] : []
    if (!volume)
      return [create(target, { driver: args.driver, ...args.driver_options }, { remove: false, create: true })]
    if (args.recreate === 'always') return [run(`${target}: make it anew`, { remove: true, create: true })]
    const wanted = optionsOf(args.driver, args.driver_options, args.labels)
    const there = optionsOf(volume.Driver, args.driver_options && volume.Options, args.labels && volume.Labels, wanted)
    if (args.recreate === 'never' || JSON.stringify(there) === JSON.stringify(wanted)) return []
    return [update(target, there, wanted, { remove: true, create: true })]
  },
  apply: async ({ data }, io, { volume_name, driver, driver_options, labels }) => {
    if (data.remove)
      await askEngine(io, `remove the volume ${volume_name}`, 'DELETE', pathOf(volume_name), { also: [404] })
    if (data.create) {
      const body = { Name: volume_name, Driver: driver, DriverOpts: driver_options ?? {}, Labels: labels ?? {} }
      await askEngine(io, `make the volume ${volume_name}`, 'POST', '/volumes/create', { body })
    }
    return undefined
  },
  result: (_args, volume) => ({ values: { volume: (volume ?? {}) as unknown as Value } }),
})

function pathOf(name: string): string {
  return `/volumes/${encodeURIComponent(name)}`
}

type Texts = { readonly [key: string]: string }

/** What is compared; of what is found, only the labels that are wanted. */
function optionsOf(
  driver: string,
  options: Texts | null | undefined,
  labels: Texts | null | undefined,
  wanted?: { readonly [key: string]: Plain },
): { readonly [key: string]: Plain } {
  const names = wanted ? Object.keys((wanted.labels ?? {}) as Texts) : Object.keys(labels ?? {})
  const picked = Object.fromEntries(
    names.sort().flatMap((name) => (labels?.[name] === undefined ? [] : [[name, labels[name]]])),
  )
  return { driver, options: Object.fromEntries(Object.entries(options ?? {}).sort()), labels: picked }
}

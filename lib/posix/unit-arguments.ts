import { s } from '../task.ts'

/** Arguments of `systemd`, which is also called `systemd_service`. */
export const unitArgs = () => ({
  name: s.string('Name of the unit; ".service" may be left out.', { aliases: ['service', 'unit'] }).optional(),
  state: s
    .choice(['started', 'stopped', 'restarted', 'reloaded'], '"restarted" and "reloaded" act each time.')
    .optional(),
  enabled: s.boolean('Start it at boot.').optional(),
  masked: s.boolean('Make it impossible to start.').optional(),
  daemon_reload: s.boolean('Let systemd read changed unit files first.', { aliases: ['daemon-reload'] }).default(false),
  daemon_reexec: s.boolean('Start systemd itself anew first.', { aliases: ['daemon-reexec'] }).default(false),
  scope: s
    .choice(['system', 'user', 'global'], 'Whose units: those of the system, of the account, or of all accounts.')
    .default('system'),
  no_block: s.boolean('Do not wait until it has started or stopped.').default(false),
  force: s.boolean('Replace links that are in the way.').default(false),
})

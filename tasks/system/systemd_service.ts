import { task } from '../../lib/task.ts'
import systemd from './systemd.ts'

export default task({
  ...systemd,
  summary: 'A systemd unit runs or not, and starts at boot or not: another name of systemd.',
  examples: ['systemd_service: { name: docker, state: started, enabled: true }'],
})

import type { Shims } from './host.ts'
import { aptShims } from './shims/apt.ts'
import { aptToolShims } from './shims/apt-tools.ts'
import { copyShims } from './shims/copy.ts'
import { cronShims } from './shims/crontab.ts'
import { dockerShims } from './shims/docker.ts'
import { dpkgShims } from './shims/dpkg.ts'
import { groupShims } from './shims/groups.ts'
import { hardwareShims } from './shims/hardware.ts'
import { idShims } from './shims/ids.ts'
import { installShims } from './shims/install.ts'
import { nameShims } from './shims/names.ts'
import { networkShims } from './shims/network.ts'
import { ownerShims } from './shims/owner.ts'
import { passwordShims } from './shims/passwords.ts'
import { shellShims } from './shims/sh.ts'
import { statShims } from './shims/stat.ts'
import { sudoShims } from './shims/sudo.ts'
import { unitShims } from './shims/systemctl.ts'
import { userShims } from './shims/users.ts'

/** Every command of the machine that the sandbox answers itself. */
export const COMMANDS: Shims = {
  ...aptShims,
  ...aptToolShims,
  ...copyShims,
  ...cronShims,
  ...dockerShims,
  ...groupShims,
  ...networkShims,
  ...passwordShims,
  ...dpkgShims,
  ...hardwareShims,
  ...idShims,
  ...installShims,
  ...nameShims,
  ...ownerShims,
  ...shellShims,
  ...statShims,
  ...sudoShims,
  ...unitShims,
  ...userShims,
}

import type { Shims } from './host.ts'
import { aptShims } from './shims/apt.ts'
import { aptToolShims } from './shims/apt-tools.ts'
import { dockerShims } from './shims/docker.ts'
import { dpkgShims } from './shims/dpkg.ts'
import { hardwareShims } from './shims/hardware.ts'
import { idShims } from './shims/ids.ts'
import { installShims } from './shims/install.ts'
import { nameShims } from './shims/names.ts'
import { ownerShims } from './shims/owner.ts'
import { shellShims } from './shims/sh.ts'
import { statShims } from './shims/stat.ts'
import { sudoShims } from './shims/sudo.ts'
import { unitShims } from './shims/systemctl.ts'
import { userShims } from './shims/users.ts'

/** Every command of the machine that the sandbox answers itself. */
export const COMMANDS: Shims = {
  ...aptShims,
  ...aptToolShims,
  ...dockerShims,
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

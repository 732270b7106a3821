/** Permission bits of new files and folders under a umask. */
export const newFileMode = (umask: number): number => 0o666 & ~umask
export const newFolderMode = (umask: number): number => 0o777 & ~umask

/** `0644`, `01777`: the form in which Ansible returns a mode. */
export function modeText(mode: number): string {
  return `0${mode.toString(8).padStart(3, '0')}`
}

const shifts = { u: 6, g: 3, o: 0 } as const

/**
 * The bits that `wanted` (octal `0644`, or symbolic `u=rwX,go-w`) makes of `current`, as chmod calculates them: without
 * one of `ugoa` in front, bits of the umask stay as they are; `X` is `x` for folders and for what is executable already.
 */
export function resolveMode(wanted: string, current: number, isFolder: boolean, umask: number): number {
  if (/^[0-7]+$/.test(wanted)) return Number.parseInt(wanted, 8)
  let mode = current
  for (const clause of wanted.split(',')) {
    const [, who = '', operations = ''] = /^([ugoa]*)(.*)$/.exec(clause) ?? []
    const targets =
      who === '' || who.includes('a')
        ? (['u', 'g', 'o'] as const)
        : (['u', 'g', 'o'] as const).filter((one) => who.includes(one))
    for (const [, operator = '', letters = ''] of operations.matchAll(/([-+=])([rwxXst]*)/g)) {
      const mask = who === '' ? ~umask : ~0
      let bits = 0
      let cleared = 0
      for (const target of targets) {
        const shift = shifts[target]
        let three = 0
        if (letters.includes('r')) three |= 4
        if (letters.includes('w')) three |= 2
        if (letters.includes('x') || (letters.includes('X') && (isFolder || (mode & 0o111) !== 0))) three |= 1
        bits |= (three << shift) & mask
        cleared |= 7 << shift
        if (target === 'u') {
          cleared |= 0o4000
          if (letters.includes('s')) bits |= 0o4000
        }
        if (target === 'g') {
          cleared |= 0o2000
          if (letters.includes('s')) bits |= 0o2000
        }
      }
      if (letters.includes('t')) bits |= 0o1000
      // chmod leaves the set-id bits of a folder alone unless they are named.
      if (isFolder && !letters.includes('s')) cleared &= 0o777
      mode = operator === '+' ? mode | bits : operator === '-' ? mode & ~bits : (mode & ~cleared) | bits
    }
  }
  return mode & 0o7777
}

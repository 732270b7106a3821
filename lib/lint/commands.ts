import type { Value } from '../core/plain.ts'

interface Instead {
  readonly modules: readonly string[]
  /** Only with arguments like these; without it always. */
  readonly when?: RegExp
}

/** Programs for which there is a task module, where it does the same. */
const programs: { readonly [program: string]: Instead } = {
  apt: { modules: ['apt'], when: /\b(install|remove|purge|update|upgrade|dist-upgrade|autoremove)\b/ },
  'apt-get': { modules: ['apt'], when: /\b(install|remove|purge|update|upgrade|dist-upgrade|autoremove)\b/ },
  chgrp: { modules: ['file'] },
  chmod: { modules: ['file'] },
  chown: { modules: ['file'] },
  cp: { modules: ['copy'] },
  crontab: { modules: ['cron'] },
  curl: { modules: ['uri', 'get_url'] },
  docker: {
    modules: ['docker_container', 'docker_image', 'docker_network', 'docker_volume'],
    when: /^(run|start|stop|restart|rm|pull|build|load|rmi|network|volume)\b/,
  },
  git: { modules: ['git'], when: /\b(clone|pull|checkout|fetch)\b/ },
  groupadd: { modules: ['group'] },
  groupdel: { modules: ['group'] },
  hostnamectl: { modules: ['hostname'], when: /set-hostname|^hostname / },
  ln: { modules: ['file'] },
  mkdir: { modules: ['file'] },
  mount: { modules: ['mount'], when: /\S/ },
  reboot: { modules: ['reboot'] },
  rm: { modules: ['file'] },
  sed: { modules: ['replace', 'lineinfile'], when: /(^|\s)(-i|--in-place)/ },
  service: { modules: ['service'], when: /\b(start|stop|restart|reload)\b/ },
  shutdown: { modules: ['reboot'], when: /-r\b/ },
  sysctl: { modules: ['sysctl'], when: /-w\b|=/ },
  systemctl: {
    modules: ['systemd'],
    when: /^(--\S+ )*(start|stop|restart|reload|enable|disable|daemon-reload|mask|unmask)\b/,
  },
  tar: { modules: ['unarchive'], when: /^-?-?\w*x|--extract/ },
  touch: { modules: ['file'] },
  umount: { modules: ['mount'] },
  unzip: { modules: ['unarchive'] },
  useradd: { modules: ['user'] },
  userdel: { modules: ['user'] },
  usermod: { modules: ['user'] },
  wget: { modules: ['get_url'] },
}

/** The modules that do what a command line does; undefined where there are none, or where the shell does more than start one program. */
export function moduleInstead(
  line: Value | undefined,
  hasModule: (name: string) => boolean,
): { readonly word: string; readonly modules: readonly string[] } | undefined {
  const text = Array.isArray(line) ? line.map(String).join(' ') : typeof line === 'string' ? line.trim() : ''
  if (/[|&;<>`\n]|\$\(/.test(text.replaceAll(/\{\{.*?\}\}/g, ''))) return undefined
  const [, word = '', rest = ''] = /^(?:\S*\/)?([\w.-]+)(?:\s+([\s\S]*))?$/.exec(text) ?? []
  const instead = Object.hasOwn(programs, word) ? programs[word] : undefined
  if (!instead || (instead.when && !instead.when.test(rest))) return undefined
  const modules = instead.modules.filter(hasModule)
  return modules.length === 0 ? undefined : { word, modules }
}

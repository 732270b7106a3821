import type { Event } from '../../lib/core/event.ts'
import type { Faults } from '../../lib/sandbox/machine/spec.ts'

/** A playbook in which something happens to secrets. */
export interface Scenario {
  readonly title: string
  readonly hosts?: 'here' | 'chat.example.org'
  /** Steps of the play; `OUT` is a folder where secrets may be written, `WEB` a server that echoes what it is sent. */
  readonly tasks: string
  /** Other keywords of the play. */
  readonly play?: string
  readonly words?: readonly string[]
  readonly env?: { readonly [name: string]: string }
  readonly faults?: Faults
  /** How it ends; left out where each step is run by itself and ends as it must. */
  readonly code?: number
  /** Each step is a run of its own, since a mistake that is seen early keeps the others from being tried. */
  readonly each?: true
  /** What must be said: masking takes secrets out, not sense. */
  readonly says?: readonly RegExp[]
  /** A program echoes the secret, so that only the redactor can take it out. */
  readonly echoes?: true
  readonly onEvent?: (event: Event, stop: AbortController) => void
}

/** All variables that hold a planted secret and can be put into a text. */
export const every =
  'age_short6 age_short8 age_long age_pem age_quotes age_backslash age_dollar age_spaces age_percent age_unicode age_json age_braces age_dashes age_number age_word vault_quotes vault_pem vault_unicode of_vault_file of_extra_file given_token prompted env_password pipe_password whole_file'.split(
    ' ',
  )

const all = `"{{ [${every.join(', ')}] }}"`
const listed = `[${every.join(', ')}]`
const joined = every.map((name) => `{{ ${name} }}`).join(' | ')

const play = `vars_files: [vars/whole.yml]
vars_prompt: [{ name: prompted, prompt: Which?, private: true }]
vars:
  env_password: "{{ lookup('env', 'CANARY_PASSWORD') }}"
  pipe_password: "{{ lookup('pipe', 'cat outside/pipe') }}"
  made: "{{ lookup('password', 'OUT/made length=30') }}"
  file_content: "{{ lookup('file', 'encrypted') }}"
`

export const usual = play

const written: readonly Scenario[] = [
  {
    title: 'debug shows every one of them',
    tasks: `
- debug: { msg: "${joined}" }
- debug: { var: ${every.join(' ~ ')} }
- debug: { var: "${listed}" }
- debug: { msg: { a: [${every.map((name) => `"{{ ${name} }}"`).join(', ')}], made: "{{ made }}", file: "{{ file_content }}" } }
- debug: { var: "hostvars[inventory_hostname]" }
- debug: { var: vars }
`,
    code: 0,
    says: [/<secret age_long/],
  },
  {
    title: 'a result is derived from them',
    tasks: `
- set_fact:
    both: "x{{ age_long }}{{ age_quotes }}"
    encoded: "{{ age_long | b64encode }}"
    encoded_all: "{{ (age_unicode ~ age_percent) | b64encode }}"
    quoted: "{{ age_percent | urlencode }} {{ age_spaces | urlencode }}"
    json: "{{ { 'a': age_quotes, 'b': [age_pem] } | to_json }}"
    nice: "{{ { 'a': age_quotes, 'b': [age_pem] } | to_nice_json }}"
    yaml: "{{ { 'a': age_quotes, 'b': [age_pem] } | to_nice_yaml }}"
    regex: "{{ age_long | regex_replace('^(.)', 'X\\\\1') }}"
    found: "{{ age_long | regex_search('.{20}') }}"
    parts: "{{ age_spaces.split(' ') }}"
    half: "{{ age_long[:40] }}"
    upper: "{{ age_long | upper | lower }}"
    reversed: "{{ age_long | reverse | reverse }}"
    list: "{{ age_long | list }}"
    hexed: "{{ age_quotes | quote }}"
    looped: "{% for c in age_long %}{{ c }}{% endfor %}"
    chosen: "{{ 'yes' if age_long else 'no' }}"
    ok: fine
- debug: { var: "[both, encoded, encoded_all, quoted, json, nice, yaml, regex, found, parts, half, upper, reversed, list, hexed, looped, ok]" }
- debug: { msg: "{{ both }}{{ parts | join('-') }}{{ list | join }}{{ half ~ age_long[40:] }}" }
`,
    code: 0,
    says: [/fine/],
  },
  {
    title: 'the digits of a number',
    tasks: `
- set_fact: { sum: "{{ age_number | int + 1 - 1 }}", text: "{{ age_number | int | string }}", list: ["{{ age_number | int }}"] }
- debug: { var: "[sum, text, list]" }
`,
    code: 0,
  },
  {
    title: 'names of tasks and handlers, labels and items',
    tasks: `
- name: "Task {{ age_long }} {{ age_quotes }} {{ given_token }} {{ pipe_password }}"
  debug: { msg: one }
  changed_when: true
  notify: "Handler {{ age_long }}"
- name: In a loop
  debug: { msg: "item {{ item }}" }
  loop: ${all}
- name: With a label
  debug: { msg: two }
  loop: ${all}
  loop_control: { label: "L {{ item }}" }
- name: A mapping of secrets
  debug: { msg: three }
  loop: "{{ { 'one': age_long, 'two': age_quotes } | dict2items }}"
- name: Of a list
  debug: { msg: "{{ item.key }}" }
  loop: "{{ ${listed} | map('b64encode') | map('community.general.dict_kv', 'key') | list }}"
  ignore_errors: true
`,
    play: 'handlers: [{ name: "Handler {{ age_long }}", debug: { msg: "handled {{ age_long }}" } }]',
    code: 0,
    says: [/one/, /handled <secret/],
  },
  {
    title: 'conditions',
    tasks: `
- debug: { msg: no }
  when: age_long == 'x'
- debug: { msg: yes }
  when: [age_long | length == 90, "'a' in age_long or true"]
- debug: { msg: no }
  when: "'{{ age_long }}' == 'x'"
  ignore_errors: true
- debug: { msg: no }
  failed_when: age_quotes != ''
  ignore_errors: true
- assert: { that: ["age_long == 'x'"], fail_msg: "not {{ age_long }}" }
  ignore_errors: true
- assert: { that: ["age_long == '{{ age_quotes }}'"] }
  ignore_errors: true
- debug: { msg: again }
  register: seen
  until: seen.msg == age_long
  retries: 1
  delay: 0
  ignore_errors: true
- assert: { that: "age_long in given_token", success_msg: "{{ age_long }}" }
`,
    code: 1,
    says: [/Assertion failed|assert/i],
  },
  {
    title: 'fail says it',
    tasks: `\n- fail: { msg: "because of {{ age_long }}, {{ age_json }} and {{ age_word | upper }}" }\n`,
    code: 1,
    says: [/because of <secret/],
  },
  {
    title: 'files: copy, template, lines, with their differences',
    tasks: `
- copy: { content: "${joined}", dest: OUT/copied }
- copy: { content: "{{ age_long }}\\n{{ made }}\\nplain\\n", dest: OUT/lines }
- copy: { src: encrypted, dest: OUT/from-encrypted }
- copy: { content: "{{ age_short6 }}", dest: OUT/short }
  register: short
- debug: { var: short }
- copy: { content: "{{ age_short6 }}", dest: OUT/short }
- template: { src: secrets.j2, dest: OUT/template }
- lineinfile: { path: OUT/lines, line: "key={{ age_quotes }}" }
- lineinfile: { path: OUT/lines, regexp: "^plain", line: "other={{ age_percent }}" }
- blockinfile: { path: OUT/lines, block: "{{ age_pem }}" }
- replace: { path: OUT/lines, regexp: "plain|other", replace: "{{ age_word }}" }
- slurp: { src: OUT/copied }
  register: slurped
- debug: { var: slurped }
- debug: { msg: "{{ slurped.content | b64decode }}" }
- find: { paths: OUT, contains: ".*{{ age_word }}.*" }
  ignore_errors: true
- stat: { path: OUT/copied }
`,
    words: ['--diff'],
    code: 0,
    echoes: true,
  },
  {
    title: 'the same in check mode',
    tasks: `
- copy: { content: "${joined}", dest: OUT/copied }
- copy: { content: "new {{ age_long }}", dest: OUT/lines }
- template: { src: secrets.j2, dest: OUT/template }
- lineinfile: { path: OUT/lines, line: "again={{ age_dollar }}" }
- debug: { msg: "{{ made }}" }
`,
    words: ['--check', '--diff'],
    code: 0,
  },
  {
    title: 'the same on a machine over SSH, twice',
    hosts: 'chat.example.org',
    tasks: `
- file: { path: /srv/secret, state: directory }
- copy: { content: "${joined} {{ of_chat }}", dest: /srv/secret/copied, mode: "0600" }
- template: { src: secrets.j2, dest: /srv/secret/template, mode: "0600" }
- copy: { content: "${joined}", dest: /srv/secret/copied, mode: "0600" }
- lineinfile: { path: /srv/secret/template, line: "x={{ age_quotes }}" }
- blockinfile: { path: /srv/secret/template, block: "{{ age_pem }}" }
- command: cat /srv/secret/template
  register: echoed
- debug: { var: echoed }
`,
    words: ['--diff'],
    code: 0,
    echoes: true,
  },
  {
    title: 'standard input and environment of commands',
    tasks: `
- command: { cmd: cat, stdin: "{{ item }}" }
  loop: ${all}
  register: cats
- debug: { var: cats }
- shell: env; set
  environment: { A: "{{ age_long }}", B: "{{ age_quotes }}", C: "{{ age_pem }}", D: "{{ age_dollar }}", E: "{{ given_token }}" }
  register: envs
- debug: { msg: "{{ envs.stdout_lines }}" }
- shell: 'printf %s "$A" | base64; printf %s "$A" | od -An -tx1; printf "%s" "$B" >&2; set -x; : "$B"; : "$D"'
  environment: { A: "{{ age_long }}", B: "{{ age_quotes }}", D: "{{ age_dollar }}" }
- shell: 'IFS= read -r p; echo "error: bad password $p for user x"; exit 3'
  args: { stdin: "{{ item }}" }
  loop: ["{{ age_quotes }}", "{{ age_backslash }}", "{{ age_dollar }}", "{{ age_unicode }}"]
  ignore_errors: true
- command: { cmd: "false", stdin: "{{ age_long }}" }
`,
    code: 1,
    says: [/command-failed/, /bad password <secret> for user x/],
    echoes: true,
  },
  {
    title: 'the same on a machine over SSH',
    hosts: 'chat.example.org',
    tasks: `
- shell: env; cat
  args: { stdin: "{{ age_pem }}{{ age_unicode }}" }
  environment: { A: "{{ age_long }}", B: "{{ age_quotes }}", C: "{{ age_pem }}", D: "{{ age_dollar }}" }
- shell: 'for i in 1 2 3 4 5 6 7 8 9; do printf %s "$A"; done; printf %s "$A" >&2; exit 9'
  environment: { A: "{{ age_json }}" }
`,
    code: 1,
    says: [/exit code 9/],
    echoes: true,
  },
  {
    title: 'a secret in a command line is refused',
    tasks: `
- command: "echo {{ age_long }}"
  ignore_errors: true
- command: { argv: [echo, "{{ age_quotes }}"] }
  ignore_errors: true
- shell: "echo {{ age_percent }}"
  ignore_errors: true
- raw: "echo {{ age_percent }}"
  ignore_errors: true
- script: "nothing.sh {{ age_percent }}"
`,
    each: true,
    says: [/secret-in-command/],
  },
  {
    title: 'where no secret may stand',
    tasks: `
- file: { path: "OUT/{{ age_short8 }}", state: directory }
  ignore_errors: true
- stat: { path: "/nowhere/{{ age_long }}" }
  ignore_errors: true
- copy: { src: "{{ age_long }}", dest: OUT/x }
  ignore_errors: true
- copy: { content: x, dest: OUT/x, mode: "{{ age_word }}" }
  ignore_errors: true
- template: { src: "{{ age_quotes }}.j2", dest: OUT/x }
  ignore_errors: true
- pause: { seconds: "{{ age_number }}" }
  ignore_errors: true
- wait_for: { port: "{{ age_number }}", timeout: 1 }
  ignore_errors: true
- debug: { verbosity: "{{ age_word }}" }
  ignore_errors: true
- include_tasks: "{{ age_word }}.yml"
`,
    each: true,
  },
  {
    title: 'keywords that are secrets',
    tasks: `
- debug: { msg: a }
  retries: "{{ age_word }}"
  until: true
  ignore_errors: true
- debug: { msg: a }
  timeout: "{{ age_long }}"
  ignore_errors: true
- debug: { msg: a }
  no_log: "{{ age_word }}"
  ignore_errors: true
- debug: { msg: a }
  delegate_to: "{{ age_short8 }}"
  ignore_errors: true
- debug: { msg: a }
  become_user: "{{ age_short8 }}"
  become: true
  ignore_errors: true
- command: "true"
  become: true
  become_user: "{{ age_quotes }}"
  ignore_errors: true
- debug: { msg: a }
  changed_when: "{{ age_quotes }}"
  ignore_errors: true
- debug: { msg: a }
  environment: "{{ age_json }}"
  ignore_errors: true
- debug: { msg: a }
  loop: "{{ age_json }}"
  ignore_errors: true
- debug: { msg: a }
  when: "{{ age_json }}"
`,
    each: true,
  },
  {
    title: 'no_log and results',
    tasks: `
- debug: { msg: "{{ age_long }} {{ item }}" }
  no_log: true
  loop: ${all}
  register: hidden
- shell: echo not-planted-but-hidden; exit 1
  no_log: true
  register: failed
  ignore_errors: true
- debug: { var: hidden }
- debug: { var: failed.rc }
- fail: { msg: "{{ age_quotes }}" }
  no_log: true
`,
    code: 1,
  },
  {
    title: 'a template fails in the middle of a secret',
    tasks: `
- debug: { msg: "{{ age_long | from_json }}" }
  ignore_errors: true
- debug: { msg: "{{ age_json[:20] | from_json }}" }
  ignore_errors: true
- debug: { msg: "{{ age_quotes | from_yaml }} {{ age_braces | from_yaml }}" }
  ignore_errors: true
- debug: { msg: "{{ age_long | b64decode }}" }
  ignore_errors: true
- debug: { msg: "{{ age_long | to_datetime }}" }
  ignore_errors: true
- debug: { msg: "{{ age_long + 1 }}" }
  ignore_errors: true
- debug: { msg: "{{ age_long[age_quotes] }}" }
  ignore_errors: true
- debug: { msg: "{{ age_long.nothing }}" }
  ignore_errors: true
- debug: { msg: "{{ {'a': 1}[age_long] }}" }
  ignore_errors: true
- debug: { msg: "{{ age_long | regex_search(age_braces ~ '(') }}" }
  ignore_errors: true
- debug: { msg: "{{ 'x' | regex_replace('(' ~ age_long, 'y') }}" }
  ignore_errors: true
- debug: { msg: "{{ age_long | ansible.utils.ipaddr }}{{ age_word | int(base=99) }}" }
  ignore_errors: true
- debug: { msg: "{{ age_long | mandatory }}{{ undefined_thing ~ age_long }}" }
  ignore_errors: true
- debug: { msg: "{{ age_long | no_such_filter }}" }
  ignore_errors: true
- debug: { msg: "{{ age_long | random(seed=age_quotes) }}{{ [1] | random }}" }
  ignore_errors: true
- debug: { msg: "{{ lookup(age_word, age_long) }}" }
  ignore_errors: true
- debug: { msg: "{{ lookup('file', age_long) }}" }
  ignore_errors: true
- debug: { msg: "{{ lookup('vars', age_long) }}" }
  ignore_errors: true
- debug: { msg: "{{ lookup('env', age_quotes) }}" }
- debug: { msg: "{{ lookup('first_found', [age_long, age_pem]) }}" }
  ignore_errors: true
- debug: { msg: "{{ lookup('template', age_long) }}" }
  ignore_errors: true
- debug: { msg: "{{ 'a,b' | split(age_long) }}{{ '%s %d' | format(age_long, age_long) }}" }
  ignore_errors: true
- debug: { msg: "{{ age_long | combine({'a': 1}) }}" }
  ignore_errors: true
- debug: { msg: "{{ range(age_long) }}" }
  ignore_errors: true
- debug: { msg: "{{ [age_long, age_quotes] | map('extract', {}) | list }}" }
  ignore_errors: true
- debug: { msg: "{{ [age_long] | map(attribute=age_quotes) | list }} {{ [{'a': age_long}] | json_query(age_quotes) }}" }
  ignore_errors: true
- debug: { msg: "{% include age_word ~ '.j2' %}" }
  ignore_errors: true
- template: { src: broken.j2, dest: OUT/broken }
`,
    each: true,
    says: [/template/],
  },
  {
    title: 'lookups that fail, cut their words or echo',
    tasks: `
- debug: { msg: "{{ pipe_password | length }}{{ lookup('pipe', 'cat outside/pipe; cat outside/pipe >&2; exit 3') }}" }
  ignore_errors: true
- debug: { msg: "{{ pipe_password | length }}{{ lookup('pipe', 'head -c 470 /dev/zero | tr \\\\0 x >&2; cat outside/pipe >&2; exit 3') }}" }
  ignore_errors: true
- debug: { msg: "{{ lookup('pipe', 'echo ' ~ age_long) }}" }
- debug: { msg: "{{ pipe_password | length }}{{ query('lines', 'cat outside/pipe; env') }}" }
- debug: { msg: "{{ lookup('password', 'OUT/made length=30') }} {{ lookup('file', 'OUT/made') }}" }
- debug: { msg: "{{ lookup('env', 'CANARY_PASSWORD') }}" }
- debug: { msg: "{{ lookup('dict', {'a': age_long}) }}{{ query('subelements', [{'k': [age_long]}], 'k') }}{{ lookup('list', [age_quotes]) }}" }
- debug: { msg: "{{ q('sequence', age_word) }}" }
  ignore_errors: true
`,
    each: true,
    echoes: true,
  },
  {
    title: 'a template file that does not parse',
    tasks: '\n- template: { src: unclosed.j2, dest: OUT/x }',
    code: 2,
    says: [/template/],
  },
  {
    title: 'syntax mistakes beside secrets',
    tasks: '\n- debug: { msg: "{{ age_long" }\n- debug: { mgs: "{{ age_quotes }}" }\n- dbug: { msg: "{{ age_long }}" }',
    code: 2,
    says: [/unknown-task|unknown-module|dbug/],
  },
  {
    title: 'an undefined variable beside secrets, found before the run',
    tasks: '\n- debug: { msg: "{{ age_long ~ nowhere_defined ~ given_token }}" }',
    code: 2,
    says: [/nowhere_defined/],
  },
  {
    title: 'a vault key that is wrong',
    tasks: '\n- debug: { msg: "{{ age_long }}" }',
    words: ['--identity', 'OTHER'],
    code: 2,
    says: [/identity|key/],
  },
  {
    title: 'a password for the vault that is wrong',
    tasks: '\n- debug: { msg: "{{ vault_quotes }}" }',
    words: ['--vault-password-file', 'OTHER-PASSWORD'],
    code: 2,
    says: [/password/],
  },
  {
    title: 'a key in the environment',
    tasks:
      "\n- shell: env\n- debug: { msg: \"{{ lookup('env', 'AGE_IDENTITY') }} {{ lookup('env', 'AGE_PASSPHRASE') }}\" }",
    env: { AGE_IDENTITY: 'IDENTITY', AGE_PASSPHRASE: 'PASSPHRASE' },
    code: 0,
    echoes: true,
  },
  {
    title: 'variables files that are not read',
    tasks: '\n- include_vars: { file: vars/mistaken.yml }\n',
    code: 1,
  },
  {
    title: 'variables files with a mistake beside a secret, found before the run',
    play: 'vars_files: [vars/mistaken.yml]',
    tasks: '\n- debug: { msg: "{{ age_long }}" }',
    code: 2,
  },
  {
    title: 'a password of the inventory for sudo',
    hosts: 'chat.example.org',
    tasks: `
- debug: { var: ansible_become_password }
- debug: { var: "hostvars['chat.example.org'].ansible_become_password" }
- debug: { msg: "{{ hostvars['chat.example.org'] }}" }
- command: whoami
  become: true
- shell: 'echo "$0 $*"; env'
  become: true
`,
    code: 0,
  },
  {
    title: 'a password for SSH that is refused',
    hosts: 'chat.example.org',
    play: `vars: { ansible_password: "{{ age_quotes }}", ansible_ssh_private_key_file: null, ansible_ssh_pass: "{{ given_token }}" }`,
    tasks: '\n- debug: { var: ansible_password }\n- ping:',
    code: 4,
  },
  {
    title: 'a key in the inventory that is none',
    hosts: 'chat.example.org',
    play: `vars: { ansible_ssh_private_key: "{{ age_pem }}", ansible_ssh_private_key_passphrase: "{{ age_long }}" }`,
    tasks: '\n- ping:',
    code: 4,
  },
  {
    title: 'connection variables made of secrets',
    hosts: 'chat.example.org',
    play: `vars: { ansible_port: "{{ age_number }}", ansible_user: "{{ age_quotes }}", ansible_host: "{{ age_long }}" }`,
    tasks: '\n- ping:',
    each: true,
  },
  {
    title: 'the link is cut',
    hosts: 'chat.example.org',
    tasks: `
- shell: cat
  args: { stdin: "{{ age_long }}" }
  environment: { A: "{{ age_quotes }}" }
`,
    faults: { cutAfterCommand: 2 },
    code: 4,
    says: [/unreachable|lost|broke/i],
    echoes: true,
  },
  {
    title: 'the disk is full',
    hosts: 'chat.example.org',
    tasks: '\n- copy: { content: "{{ age_pem }}{{ age_long }}", dest: /srv/secret/full }',
    faults: { writing: 'full' },
    code: 1,
  },
  {
    title: 'time runs out',
    hosts: 'chat.example.org',
    tasks: `
- shell: 'cat; sleep 30'
  args: { stdin: "{{ age_long }}\\n{{ age_quotes }}" }
  environment: { A: "{{ age_quotes }}" }
  timeout: 1
`,
    code: 1,
    echoes: true,
  },
  {
    title: 'something puts it back: did not settle',
    tasks: `
- copy: { content: "{{ age_quotes }} {{ age_long }}", dest: /dev/null, unsafe_writes: true }
  ignore_errors: true
- lineinfile: { path: /dev/null, line: "{{ age_quotes }}" }
`,
    words: ['--diff'],
    each: true,
  },
  {
    title: 'a block, its rescue and what failed',
    tasks: `
- block:
    - fail: { msg: "x {{ age_long }}" }
  rescue:
    - debug: { var: ansible_failed_result }
    - debug: { msg: "{{ ansible_failed_result.msg }} {{ ansible_failed_task }}" }
  always:
    - debug: { msg: "{{ ansible_failed_result.msg | b64encode }}" }
`,
    code: 0,
  },
  {
    title: 'what is asked over HTTP and echoed',
    tasks: `
- uri:
    url: "WEB/echo?token={{ age_percent | urlencode }}"
    method: POST
    headers: { X-Token: "{{ given_token }}", Authorization: "Bearer {{ age_long }}" }
    body_format: json
    body: { password: "{{ age_quotes }}", key: "{{ age_pem }}", list: ["{{ age_unicode }}", "{{ age_json }}"] }
    return_content: true
  register: answer
- debug: { var: answer }
- debug: { msg: "{{ answer.json.body.password }}" }
- uri: { url: "WEB/echo", method: POST, body_format: form-urlencoded, body: { p: "{{ age_percent }}", s: "{{ age_spaces }}" }, return_content: true }
  register: answer
- debug: { var: answer.content }
- uri: { url: "WEB/login", url_username: anna, url_password: "{{ age_quotes }}", force_basic_auth: true, return_content: true }
- uri: { url: "WEB/login", url_username: "{{ age_word }}", url_password: "{{ age_long }}", return_content: true }
  ignore_errors: true
- uri: { url: "http://anna:{{ age_long }}@127.0.0.1:1/x" }
  ignore_errors: true
- uri: { url: "WEB/refuse", method: POST, body: "{{ age_long }}", headers: { Cookie: "a={{ age_json }}" } }
`,
    each: true,
    echoes: true,
    says: [/403/],
  },
  {
    title: 'what a check would send',
    tasks: `
- uri:
    url: "WEB/echo"
    method: PUT
    headers: { X-Token: "{{ given_token }}" }
    body_format: json
    body: { password: "{{ age_quotes }}", key: "{{ age_pem }}" }
    url_username: anna
    url_password: "{{ age_long }}"
    force_basic_auth: true
- get_url: { url: "WEB/file", dest: OUT/got, headers: { X: "{{ age_long }}" }, checksum: "sha256:{{ age_long }}" }
`,
    words: ['--check', '--diff'],
    each: true,
  },
  {
    title: 'downloads with a password',
    tasks: `
- get_url: { url: "WEB/file", dest: OUT/got, headers: { X: "{{ age_quotes }}" }, url_username: anna, url_password: "{{ age_long }}", force_basic_auth: true }
- get_url: { url: "WEB/refuse", dest: OUT/got2, headers: { X: "{{ age_quotes }}" } }
`,
    code: 1,
    echoes: true,
  },
  {
    title: 'a template whose secret is behind a condition',
    tasks: `
- debug: { msg: "{% if age_long %}{{ age_long[:12] }}{% endif %}{% set x = age_quotes %}{{ x }}{% for p in age_pem.splitlines() %}{{ p }} {% endfor %}" }
- debug: { msg: "{% macro m(x) %}<{{ x }}>{% endmacro %}{{ m(age_long) }}{% filter b64encode %}{{ age_quotes }}{% endfilter %}" }
- set_fact: { "{{ 'k_' ~ 'x' }}": "{{ age_long }}" }
- set_fact: { "{{ age_word }}": 1 }
`,
    each: true,
  },
  {
    title: 'accounts, tables and keys on a host',
    hosts: 'chat.example.org',
    tasks: `
- user: { name: anna, password: "{{ age_quotes }}" }
  ignore_errors: true
- user: { name: anna, password: "{{ age_long | password_hash('sha512', 'saltsalt') }}" }
  ignore_errors: true
- cron: { name: job, job: "run {{ age_long }}", minute: "1" }
  ignore_errors: true
- authorized_key: { user: root, key: "{{ age_long }}" }
  ignore_errors: true
- sysctl: { name: net.ipv4.ip_forward, value: "{{ age_word }}" }
  ignore_errors: true
- hostname: { name: "{{ age_short8 }}" }
  ignore_errors: true
- apt: { name: "{{ age_word }}" }
  ignore_errors: true
- systemd: { name: "{{ age_quotes }}", state: started }
  ignore_errors: true
- git: { repo: "https://x:{{ age_long }}@127.0.0.1:1/x.git", dest: /srv/x }
  ignore_errors: true
- mount: { path: /mnt/x, src: "//127.0.0.1/x", fstype: cifs, opts: "username=x,password={{ age_short8 }}", state: present }
  ignore_errors: true
- add_host: { name: "{{ age_short8 }}", groups: x }
  ignore_errors: true
- group_by: { key: "g_{{ age_word }}" }
`,
    words: ['--diff'],
    each: true,
    echoes: true,
  },
  {
    title: 'the run is asked to stop in the middle',
    hosts: 'chat.example.org',
    tasks: `
- copy: { content: "{{ age_long }}", dest: /srv/stopped-secret }
- shell: 'cat'
  args: { stdin: "{{ age_quotes }}" }
- debug: { msg: "{{ age_long }}" }
`,
    onEvent: (event, stop) => {
      if (event.kind === 'task.planned') stop.abort()
    },
    code: 130,
    echoes: true,
  },
]

/** All scenarios; those with `each` as one for each step. */
export const scenarios: readonly Scenario[] = written.flatMap((scenario) =>
  scenario.each === undefined
    ? [scenario]
    : scenario.tasks
        .split(/^(?=- )/m)
        .filter((step) => step.trim() !== '')
        .map((step, index): Scenario => {
          const { code: _, says: __, ...rest } = scenario
          return { ...rest, title: `${scenario.title} (${index + 1})`, tasks: step }
        }),
)

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createScope } from '../../lib/load/scope.ts'
import { createTemplar } from '../../lib/load/template.ts'
import { root } from '../../lib/root.ts'

const scriptPath = join(root, 'playbooks/templates/ametys.js.j2')

/** The style sheet for Ametys as it is written to the server. */
export const style = readFileSync(join(root, 'playbooks/files/ametys.css'), 'utf8')

/** The script for Ametys as it is written to the server; `origins` as in the variable `spaces_origin`. */
export function renderScript(origins: string): string {
  const templar = createTemplar()
  const scope = createScope(templar, [{ name: 'vars', values: { spaces_origin: origins } }])
  const text = templar.renderTemplateFile(readFileSync(scriptPath, 'utf8'), scope, { path: scriptPath })
  if (typeof text !== 'string') throw new Error('the script did not come out as text')
  return text
}

/**
 * The page script of Rocket.Chat with the three custom scripts in it, each the body of a listener
 * (test/recordings/11-page-injection.json).
 */
export function pageScript(loggedIn: string, loggedOut = '//Add your script', onLogout = '//Add your script'): string {
  const listener = (name: string, body: string) =>
    `\n// ${name}\nwindow.addEventListener('${name}', function() {\n\t${body}\n})\n`
  return `
window.USE_REST_FOR_DDP_CALLS = true;

${listener('Custom_Script_Logged_Out', loggedOut)}
${listener('Custom_Script_Logged_In', loggedIn)}
${listener('Custom_Script_On_Logout', onLogout)}
`
}

import { took } from '../durations.ts'
import { type Html, html } from './html.ts'
import { byHost, type RunModel, type Step, statusOf } from './model.ts'

/** Units across the whole run; a bar is never narrower than one of them, so that short tasks can be seen. */
const width = 1000

/** A lane per host with a bar per task; skipped tasks take no time and have none. */
export function timeline({ steps, length }: RunModel): Html {
  const hosts = byHost(steps.filter((step) => statusOf(step) !== 'skipped'))
  if (hosts.size === 0 || length === 0) return html``
  const lanes = [...hosts].map(
    ([host, own]) => html`<div class="lane"><div>${host}</div>
<svg viewBox="0 0 ${width} 10" preserveAspectRatio="none" role="img" aria-label="what ${host} was busy with">
${own.map((step) => bar(step, length))}</svg></div>\n`,
  )
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => html`<span>${took(length * part)}</span>`)
  return html`<section><h2>Timeline</h2>
${lanes}
<div class="lane"><div></div><div class="axis">${ticks}</div></div>
<p class="key"><b class="changed">changed</b><b class="ok">looked at and right</b><b class="failed">failed</b><b class="skipped">ignored or rescued</b>
Point at a bar to see which task it is.</p></section>`
}

function bar(step: Step, length: number): Html {
  const from = (step.start / length) * width
  const wide = Math.min(Math.max((step.ms / length) * width, 1), width - Math.min(from, width - 1))
  const name = step.handler ? `handler: ${step.task}` : step.task
  return html`<rect class="${statusOf(step)}" x="${Math.min(from, width - 1).toFixed(2)}" y="0" width="${wide.toFixed(2)}" height="10"><title>${name}: ${statusOf(step)}, ${took(step.ms)}</title></rect>\n`
}

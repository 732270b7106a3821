import { createHash } from 'node:crypto'
import type { Diagnostic } from '../../core/diagnostic.ts'
import type { Stats } from '../../core/event.ts'
import { type DiffLine, diffLines } from '../diff.ts'
import { took } from '../durations.ts'
import type { TimedEvent } from '../report.ts'
import { Html, html } from './html.ts'
import { byHost, modelOf, type RunModel, type Step, statusOf } from './model.ts'
import { style } from './style.ts'
import { timeline } from './timeline.ts'

/** What is known of a run besides its events: labels and values, in order. */
export type About = readonly (readonly [label: string, value: string])[]

/** Lines of one diff that are shown. */
const mostLines = 400

/**
 * A run as one page of HTML that needs nothing else: no script, no file, no network. What failed comes first. All text is
 * escaped, so that names and output from elsewhere stay text.
 */
export function renderPage(events: Iterable<TimedEvent>, about: About = []): string {
  const model = modelOf(events)
  const title = `${model.start?.playbook ?? 'A run'}, ${model.start?.inventory ?? ''}`
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
${header(model, about)}
${failures(model)}
${recap(model)}
${timeline(model)}
${changes(model)}
${findings(model)}
${allTasks(model)}
</body>
</html>
`.markup
}

function header(model: RunModel, about: About): Html {
  const { start, recap, continues } = model
  const [verdict, word] = verdictOf(model)
  const facts: About = [
    ...about,
    ['hosts', (start?.hosts ?? []).join(', ')],
    ['took', recap.ms === undefined ? `${took(model.length)} until the record ends` : took(recap.ms)],
  ]
  const rows = facts.map(([label, value]) => html`<dt>${label}</dt><dd class="mono">${value}</dd>\n`)
  const earlier =
    continues &&
    html`<p class="soft">It made up for the run of ${continues.began} by ${continues.by}, which ${
      continues.how === 'failed' ? 'failed' : `was ${continues.how}`
    } after ${continues.done} tasks.</p>`
  return html`<header>
<h1>${start?.playbook ?? 'A run'} <span class="soft">on ${start?.inventory ?? '?'}</span>
<span class="verdict ${word}">${verdict}</span></h1>
${start?.check ? html`<p><strong>Check mode:</strong> nothing was changed; shown is what would change.</p>` : ''}${earlier}
<dl>
${rows}</dl>
</header>`
}

function verdictOf({ recap, ended }: RunModel): readonly [text: string, word: string] {
  if (!ended) return ['cut off', 'cut']
  if (recap.stopped) return ['stopped', 'cut']
  if (recap.failures.length > 0 || recap.exitCode !== 0) return [`failed (exit code ${recap.exitCode})`, 'failed']
  return [recap.changed.size > 0 ? (recap.check ? 'would change' : 'changed, fine') : 'fine', 'ok']
}

function failures({ steps, ended, recap }: RunModel): Html {
  const failed = steps.filter((step) => ['failed', 'unreachable'].includes(statusOf(step)))
  const cut = steps.filter((step) => step.done === undefined)
  if (failed.length + cut.length === 0) return html``
  return html`<section id="failed">
<h2>${failed.length > 0 ? 'What failed' : 'What was not finished'}</h2>
${failed.map(failure)}
${cut.map(
  (
    step,
  ) => html`<article class="card"><h3><span class="cut">not finished</span> ${nameOf(step)} <span class="soft">on ${step.host}</span></h3>
<p class="soft mono">${step.place}</p>
<p>${ended && recap.stopped ? 'It was cut when the run was stopped.' : 'The record ends in the middle of it.'} ${
    step.planned.length > 0 ? 'It had begun to change something, which may be half done.' : ''
  }</p>${diffs(step)}</article>\n`,
)}
</section>`
}

function failure(step: Step): Html {
  const all = step.done?.diagnostics ?? []
  return html`<article class="card">
<h3><span class="${statusOf(step)}">${statusOf(step)}</span> ${nameOf(step)} <span class="soft">on ${step.host}, ${took(step.ms)}</span></h3>
${all.map((one) => diagnosis(one, step.place))}
${all.length === 0 ? html`<p>${step.done?.message ?? ''}</p><p class="soft mono">${step.place}</p>` : ''}${diffs(step)}
</article>\n`
}

function diagnosis({ message, at, detail, mend, code }: Diagnostic, place: string): Html {
  const where = at === undefined ? place : `${at.file}:${at.line}:${at.col}`
  return html`<p><strong>${message}</strong></p>
<p class="soft mono">${where === '' ? '' : `${where} · `}${code}</p>
${detail === undefined ? '' : html`<pre>${detail}</pre>`}${mend === undefined ? '' : html`<p>Mend: ${mend}</p>`}`
}

const columns = ['ok', 'changed', 'unreachable', 'failed', 'skipped', 'rescued', 'ignored', 'unknown'] as const

function recap({ recap: { stats } }: RunModel): Html {
  const cell = (name: keyof Stats, count: number) =>
    html`<td class="number ${count === 0 ? 'zero' : name}">${count}</td>`
  const rows = [...stats].map(
    ([host, counts]) => html`<tr><td>${host}</td>${columns.map((name) => cell(name, counts[name]))}</tr>\n`,
  )
  return html`<section><h2>Recap</h2>
<table><thead><tr><th>host</th>${columns.map((name) => html`<th class="number">${name}</th>`)}</tr></thead>
<tbody>
${rows}</tbody></table></section>`
}

function changes({ steps, recap }: RunModel): Html {
  const changed = steps.filter((step) => statusOf(step) === 'changed')
  if (changed.length === 0)
    return html`<section><h2>Changes</h2><p>Nothing ${recap.check ? 'would change' : 'was changed'}.</p></section>`
  const hosts = [...byHost(changed)].map(
    ([host, own]) => html`<h3>${host}</h3>
${own.map(
  (
    step,
  ) => html`<details><summary><span class="changed">changed</span> ${nameOf(step)} <span class="soft">${took(step.ms)}</span></summary>
<p class="soft mono">${step.place}</p>${diffs(step)}</details>\n`,
)}`,
  )
  return html`<section><h2>${recap.check ? 'What would change' : 'Changes'}</h2>
${hosts}</section>`
}

function diffs({ planned }: Step): readonly Html[] {
  return planned.flatMap(({ item, changes }) => [
    ...(item === undefined ? [] : [html`<p class="soft">item: ${item}</p>`]),
    ...changes.map((change) => {
      const lines = diffLines(change, true)
      const more = lines.length - mostLines
      return html`<div class="diff mono">${lines.slice(0, mostLines).map(diffLine)}${
        more > 0 ? html`<span class="note">… ${more} more lines</span>` : ''
      }</div>`
    }),
  ])
}

function diffLine({ kind, text }: DiffLine): Html {
  return html`<span class="${kind}">${text === '' ? ' ' : text}</span>`
}

function findings({ findings: all }: RunModel): Html {
  if (all.length === 0) return html``
  const cards = all.map(
    ({ host, diagnostic }) => html`<article class="card ${diagnostic.severity}">
${host === undefined ? '' : html`<h3 class="soft">${host}</h3>`}${diagnosis(diagnostic, '')}</article>\n`,
  )
  return html`<section><h2>Findings</h2>
${cards}</section>`
}

function allTasks({ steps }: RunModel): Html {
  const hosts = [...byHost(steps)].map(
    ([
      host,
      own,
    ]) => html`<details${own.length <= 60 ? new Html(' open') : ''}><summary><strong>${host}</strong> <span class="soft">${own.length} tasks</span></summary>
<table><thead><tr><th>result</th><th>task</th><th class="number">took</th><th class="place">place</th></tr></thead>
<tbody>
${own.map((step) => row(step))}</tbody></table></details>\n`,
  )
  return html`<section><h2>All tasks</h2>
${hosts}</section>`
}

function row(step: Step): Html {
  const message = step.done?.message
  return html`<tr><td class="word ${statusOf(step)}">${statusOf(step)}</td><td>${nameOf(step)}${
    message === undefined ? '' : html`<br><span class="soft">${message}</span>`
  }</td><td class="number">${took(step.ms)}</td><td class="place mono soft">${step.place}</td></tr>\n`
}

function nameOf({ task, handler }: Step): string {
  return handler ? `handler: ${task}` : task
}

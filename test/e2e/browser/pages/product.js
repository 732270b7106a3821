// A stand-in for what the product does with the markup of these pages. Where the product has React handlers, the markup
// has data-does: what a click does, and data-keys where Enter and Space do the same. As React does, it listens at
// #react-root, when events bubble up to it.
const root = document.getElementById('react-root')
const { generation } = document.body.dataset
const modern = !generation.startsWith('5')
const product = { log: [], received: [], login, state, card: undefined }
window.product = product
window.addEventListener('message', (event) => product.received.push({ data: event.data, origin: event.origin }))

for (const type of ['click', 'keydown'])
  root.addEventListener(type, (event) => {
    const key = type === 'keydown'
    if (key && event.key !== 'Enter' && event.key !== ' ') return
    let element = event.target.closest('[data-does]')
    while (element && root.contains(element)) {
      if (!key || element.hasAttribute('data-keys')) act(element.dataset.does, element)
      element = element.parentElement.closest('[data-does]')
    }
  })

function act(what, element) {
  product.log.push(what)
  const [verb, subject] = what.split(' ')
  if (verb === 'card') (modern ? openCard : openCardOfVersion5)(subject, element)
  if (verb === 'menu') openMenu()
  if (verb === 'dialog') openDialog()
  if (verb === 'tooltip') openPopup('<span class="rcx-box rcx-tooltip">a tooltip</span>')
}

function openPopup(html) {
  const popup = document.createElement('div')
  popup.className = 'stand-in-popup'
  popup.innerHTML = html
  document.body.append(popup)
  return popup
}

// A popover of react-aria: the rest of the page is marked hidden, does not scroll, and the next press outside is spent
// on closing. Its effects come late, as those of React 17 do: until then it does not hear Escape.
function openCard(username, trigger) {
  const popup = openPopup(
    `<div class="rcx-box rcx-box--full rcx-user-card" role="dialog" tabindex="-1">${username}'s card</div>`,
  )
  const card = popup.firstElementChild
  product.card = card
  root.setAttribute('aria-hidden', 'true')
  document.documentElement.style.overflow = 'hidden'
  trigger.setAttribute('aria-expanded', 'true')
  const close = () => {
    popup.remove()
    root.removeAttribute('aria-hidden')
    document.documentElement.style.overflow = ''
    trigger.setAttribute('aria-expanded', 'false')
    window.removeEventListener('pointerdown', outside, true)
  }
  const outside = (event) => {
    if (popup.contains(event.target)) return
    close()
    window.addEventListener('click', swallow, { capture: true, once: true })
  }
  window.addEventListener('pointerdown', outside, true)
  setTimeout(() => {
    card.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return
      event.stopPropagation()
      close()
    })
  }, 150)
}

// Other things close by this key too, when nothing nearer took it.
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') product.log.push('escape')
})

function swallow(event) {
  event.stopImmediatePropagation()
  event.preventDefault()
}

// Version 5: an element made once and kept, with a clear sheet over the page in it; the card follows in one of its own.
function openCardOfVersion5(username) {
  let holder = document.getElementById('react-user-card')
  if (!holder) {
    holder = document.createElement('div')
    holder.id = 'react-user-card'
    document.body.append(holder)
  }
  holder.innerHTML = '<div class="rcx-box rcx-box--full rcx-modal__backdrop stand-in-clear"></div>'
  const popup = openPopup(`<div class="rcx-box rcx-box--full rcx-user-card">${username}'s card</div>`)
  product.card = popup.firstElementChild
  holder.firstElementChild.addEventListener('click', () => {
    holder.replaceChildren()
    popup.remove()
  })
}

const actions = ['quote-message', 'mark-message-as-unread', 'delete-message']

function openMenu() {
  const entry = {
    '5-old-list': (id) =>
      `<li class="rc-popover__item js-action" data-type="message-action" data-id="${id}">${id}</li>`,
    '5-new-list': (id) =>
      `<li class="rcx-option" id="${id}" data-qa-type="message-action" data-qa-id="${id}">${id}</li>`,
  }[generation]
  const own = (id) => `<label class="rcx-option" role="menuitem" tabindex="-1" data-key="${id}">${id}</label>`
  const popup = openPopup(`<div role="menu">${actions.map(entry ?? own).join('')}</div>`)
  for (const [index, item] of [...popup.querySelectorAll('.rcx-option, .rc-popover__item')].entries())
    item.addEventListener('click', () => {
      product.log.push(`action ${actions[index]}`)
      popup.remove()
    })
}

function openDialog() {
  const sheet = document.createElement('div')
  sheet.className = 'rcx-box rcx-box--full rcx-modal__backdrop'
  sheet.innerHTML =
    '<dialog class="rcx-box rcx-modal" open>Are you sure? <button type="button">Delete</button></dialog>'
  sheet.querySelector('button').addEventListener('click', () => {
    product.log.push('deleted')
    sheet.remove()
  })
  document.body.append(sheet)
}

function state() {
  const cards = [...document.querySelectorAll('.rcx-user-card')]
  return {
    opened: product.log.filter((one) => one.startsWith('card')),
    shown: cards.filter((card) => getComputedStyle(card).display !== 'none').length,
    locked: root.hasAttribute('aria-hidden') || document.documentElement.style.overflow === 'hidden',
  }
}

function login() {
  window.dispatchEvent(new Event('Custom_Script_Logged_In'))
}
login()

// The embedding page: keeps what it is told.
window.received = []
window.addEventListener('message', (event) => window.received.push({ data: event.data, origin: event.origin }))
const frame = document.createElement('iframe')
const wanted = new URLSearchParams(window.location.search)
frame.name = 'chat'
frame.width = '900'
frame.height = '860'
if (wanted.has('policy')) frame.referrerPolicy = wanted.get('policy')
frame.src = wanted.get('chat')
document.body.append(frame)

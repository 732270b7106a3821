import { playAll } from './all.ts'

playAll(new URL('./files/', import.meta.url)).run()

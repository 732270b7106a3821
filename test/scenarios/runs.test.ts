import { playAll } from './all.ts'

playAll(new URL('./runs/', import.meta.url)).run()

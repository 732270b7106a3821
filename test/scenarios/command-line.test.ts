import { playAll } from './all.ts'

playAll(new URL('./command-line/', import.meta.url)).run()

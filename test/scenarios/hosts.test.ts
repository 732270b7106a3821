import { playAll } from './all.ts'

playAll(new URL('./hosts/', import.meta.url)).run()

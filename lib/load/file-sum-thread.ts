import { parentPort, workerData } from 'node:worker_threads'
import { hashNow } from './file-sum.ts'

parentPort?.postMessage(hashNow(workerData as string))

export * from '../../lib/sandbox/certificates.ts'

import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, vi } from 'vitest'
import { createBell } from '../../src/relay/bell.ts'

const LONG = 3_600_000

describe('a bell', () => {
  it('ends the wait of whoever waits', async () => {
    const bell = createBell()
    const over = vi.fn()
    const waiting = bell.wait(LONG).then(over)
    await sleep(5)
    expect(over).not.toHaveBeenCalled()
    bell.ring()
    await waiting
  })

  it('that rang while nobody waited ends the next wait at once, and every one until it is hushed', async () => {
    const bell = createBell()
    bell.ring()
    await bell.wait(LONG)
    await bell.wait(LONG)
    expect(bell.hasRung()).toBe(true)
    bell.hush()
    expect(bell.hasRung()).toBe(false)
    const over = vi.fn()
    const waiting = bell.wait(LONG).then(over)
    await sleep(5)
    expect(over).not.toHaveBeenCalled()
    bell.ring()
    await waiting
  })

  it('lets nobody wait longer than they want to', async () => {
    const bell = createBell()
    await bell.wait(1)
    expect(bell.hasRung()).toBe(false)
  })
})

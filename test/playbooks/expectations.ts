import * as assert from 'uvu/assert'
import { type Told, type Workplace, type WorkplaceOptions, workplace } from '../fakes/configure.ts'

/** What the settings are after a run, in the workplace of the tests. */
export const wanted: { readonly [id: string]: unknown } = {
  Unread_Count: 'all_messages',
  Unread_Count_DM: 'all_messages',
  API_Enable_CORS: true,
  API_CORS_Origin: 'http://spaces.example.org',
  Iframe_Integration_send_enable: true,
  Iframe_Integration_send_target_origin: 'http://spaces.example.org',
  Iframe_Integration_receive_enable: true,
  Iframe_Integration_receive_origin: 'http://spaces.example.org',
  NPS_survey_enabled: false,
  FileUpload_ProtectFiles: false,
  Accounts_TwoFactorAuthentication_Enabled: false,
  Iframe_Restrict_Access: false,
  Accounts_AvatarBlockUnauthenticatedAccess: false,
  Show_Setup_Wizard: 'completed',
  Register_Server: false,
  Cloud_Service_Agree_PrivacyTerms: false,
  Allow_Marketing_Emails: false,
  Update_EnableChecker: false,
  Push_enable_gateway: false,
  Accounts_SetDefaultAvatar: false,
  Accounts_Registration_InviteUrlType: 'direct',
}
/** Settings that hold a file of ours and perhaps more. */
export const texts = ['theme-custom-css', 'Custom_Script_Logged_In']

/** Works at a place that is closed afterwards. */
export async function at(
  version: string,
  work: (place: Workplace) => Promise<void>,
  more: Partial<WorkplaceOptions> = {},
) {
  const place = await workplace({ version, ...more })
  try {
    await work(place)
  } finally {
    await place.close()
  }
}

/** Nothing was found wrong, and the server refused nothing but credentials that no longer count. */
export function fine(told: Told, { refused = [] as readonly number[] } = {}) {
  assert.equal(
    told.diagnostics.filter((one) => one.severity === 'error').map((one) => [one.code, one.message]),
    [],
  )
  assert.is(told.code, 0)
  const bad = told.requests.filter(({ status }) => status >= 400 && !refused.includes(status))
  assert.equal(bad, [], 'no request was refused')
}

export function nothingLeft(told: Told) {
  assert.equal(told.changes, [])
  assert.is(told.writes, 0)
}

package ui

// namer gives accounts the names that people go by: "name（account）" of who is on the
// laptop's roster, the account alone of others.
func (u *Window) namer() func(account string) string {
	names := map[string]string{}
	if list, err := u.desk.Operators(u.ctx); err == nil {
		for _, o := range list {
			names[o.ID] = o.Name
		}
	}
	return func(account string) string {
		if n := names[account]; n != "" {
			return n + "（" + account + "）"
		}
		return account
	}
}

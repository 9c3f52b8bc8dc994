package loan

// Label is the paper's name on screen; empty for what is none.
func (d Doc) Label() string {
	return map[Doc]string{
		StudentIDCard: "学生身份证（正反面）", CoborrowerIDCard: "共同借款人身份证（正反面）",
		HukouBook: "户口簿", HukouBook2: "户口簿（另一本）", ApplicationForm: "申请表（本人签字）",
		AdmissionLetter: "录取通知书", StudentCard: "学生证", XuejiReport: "学籍在线验证报告",
		SchoolCertificate: "在校证明", HardshipForm: "家庭经济困难学生认定申请表",
		RelationProof: "关系证明或情况说明", OrphanCertificate: "孤儿证明",
		PreEntryHukou: "入学前户籍证明",
	}[d]
}

// Label is the party's name on screen.
func (p Party) Label() string {
	if p == StudentParty {
		return "借款学生"
	}
	return "共同借款人"
}

// Label is the name on screen of the place of a picture; empty for what is none.
func (s Slot) Label() string {
	switch s {
	case PortraitStudent:
		return "学生人像"
	case PortraitCoborrower:
		return "共同借款人人像"
	case CardStudent:
		return "学生证件内的照片"
	case CardCoborrower:
		return "共同借款人证件内的照片"
	}
	d, _ := s.Doc()
	return d.Label()
}

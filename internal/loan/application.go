package loan

// Kind is the kind of an application.
type Kind string

// The kinds: a first loan 首贷, or a renewal 续贷. A supplement 补充申请 is an
// application of either kind with Loan.Supplementary set.
const (
	First   Kind = "首贷"
	Renewal Kind = "续贷"
)

// Channel is how the family applies.
type Channel string

// The channels: at the desk 现场, or from afar 远程 (renewals alone).
const (
	OnSite Channel = "现场"
	Remote Channel = "远程"
)

// Sex as printed on the card.
type Sex string

// The sexes a card can hold.
const (
	Male   Sex = "男"
	Female Sex = "女"
)

// ResidentCard is the only kind of card a borrower may hold.
const ResidentCard = "居民身份证"

// LongTerm stands in IDValidTo for a card without an end of validity.
const LongTerm = "长期"

// Relation is what the co-borrower is to the student.
type Relation string

// The relations.
const (
	Father              Relation = "父"
	Mother              Relation = "母"
	PaternalGrandfather Relation = "祖父"
	PaternalGrandmother Relation = "祖母"
	MaternalGrandfather Relation = "外祖父"
	MaternalGrandmother Relation = "外祖母"
	ElderBrother        Relation = "兄"
	ElderSister         Relation = "姐"
	PaternalUncle       Relation = "伯叔"
	PaternalAunt        Relation = "姑"
	MaternalUncle       Relation = "舅"
	MaternalAunt        Relation = "姨"
	OtherRelation       Relation = "其他"
)

// Relations lists every relation in the order a form offers them.
func Relations() []Relation {
	return []Relation{Father, Mother, PaternalGrandfather, PaternalGrandmother,
		MaternalGrandfather, MaternalGrandmother, ElderBrother, ElderSister,
		PaternalUncle, PaternalAunt, MaternalUncle, MaternalAunt, OtherRelation}
}

// Parent says whether the relation is father or mother.
func (r Relation) Parent() bool { return r == Father || r == Mother }

// Mode is the mode of study.
type Mode string

// The modes: only full time is supported.
const (
	FullTime Mode = "全日制"
	PartTime Mode = "非全日制"
)

// Level is the level of study.
type Level string

// The levels.
const (
	Junior   Level = "专科"
	Bachelor Level = "本科"
	Master   Level = "硕士研究生"
	Doctor   Level = "博士研究生"
)

// Graduate says whether the graduate cap applies.
func (l Level) Graduate() bool { return l == Master || l == Doctor }

// Adult is the study category of adult education.
const Adult = "成人"

// Doc is the kind of a paper.
type Doc string

// The papers a case may need.
const (
	StudentIDCard     Doc = "student_id_card"
	CoborrowerIDCard  Doc = "coborrower_id_card"
	HukouBook         Doc = "hukou_book"
	HukouBook2        Doc = "hukou_book_2"
	ApplicationForm   Doc = "application_form_signed"
	AdmissionLetter   Doc = "admission_letter"
	StudentCard       Doc = "student_card"
	XuejiReport       Doc = "xueji_report"
	SchoolCertificate Doc = "school_certificate"
	HardshipForm      Doc = "hardship_form"
	RelationProof     Doc = "relation_proof"
	OrphanCertificate Doc = "orphan_certificate"
	PreEntryHukou     Doc = "pre_entry_hukou_proof"
)

// Docs lists every paper in the order the check-list shows them.
func Docs() []Doc {
	return []Doc{StudentIDCard, CoborrowerIDCard, HukouBook, HukouBook2,
		ApplicationForm, AdmissionLetter, StudentCard, XuejiReport, SchoolCertificate,
		HardshipForm, RelationProof, OrphanCertificate, PreEntryHukou}
}

// Signer is who held the pen.
type Signer string

// The signers: the person, or another for them.
const (
	InPerson Signer = "本人"
	ByProxy  Signer = "代签"
)

// Application is what a family applies for, as the rules see it. What is
// absent is false, empty or unknown. Its JSON is the form of the acceptance
// cases; the field paths of changes are made of the same names.
type Application struct {
	AsOf          Date         `json:"as_of"`
	AcademicYear  int          `json:"academic_year"`
	Kind          Kind         `json:"kind"`
	Channel       Channel      `json:"channel"`
	Intake        Intake       `json:"intake"`
	Student       Person       `json:"student"`
	Coborrowers   []Coborrower `json:"coborrowers"`
	SeparateHukou bool         `json:"separate_hukou,omitempty"`
	Study         Study        `json:"study"`
	Hardship      Hardship     `json:"hardship"`
	Loan          Terms        `json:"loan"`
	Docs          []Doc        `json:"docs"`
	Signatures    Signatures   `json:"signatures"`
}

// Intake is where and by which laptop the case was taken in.
type Intake struct {
	CountyCode string `json:"county_code"`
	CountyName string `json:"county_name"`
	PointType  string `json:"point_type"`
	Device     string `json:"device,omitempty"`
	Offline    bool   `json:"offline,omitempty"`
}

// Person is the student, or the personal part of a co-borrower.
type Person struct {
	Name         string `json:"name"`
	IDType       string `json:"id_type"`
	IDNo         string `json:"id_no"`
	IDOCRName    string `json:"id_ocr_name,omitempty"`
	Birth        Date   `json:"birth"`
	Sex          Sex    `json:"sex"`
	Ethnic       string `json:"ethnic"`
	HukouCode    string `json:"hukou_code"`
	CurrentHukou string `json:"current_hukou,omitempty"`
	IDValidTo    string `json:"id_valid_to"`
	Phone        string `json:"phone"`
	Address      string `json:"address"`
	PhotoOK      bool   `json:"photo_ok,omitempty"`
	Consent      bool   `json:"consent,omitempty"`
}

// Coborrower is the adult who signs with the student.
type Coborrower struct {
	Person
	Relation        Relation `json:"relation"`
	NonParentReason string   `json:"non_parent_reason,omitempty"`
	LegalGuardian   bool     `json:"legal_guardian,omitempty"`
	OpenStudentLoan bool     `json:"open_student_loan,omitempty"`
	CivilCapacity   *bool    `json:"civil_capacity,omitempty"` // nil means able
}

// Study is where, what and how long the student studies. Fees are yuan a year.
type Study struct {
	SchoolName        string `json:"school_name"`
	SchoolCode        string `json:"school_code"`
	Mode              Mode   `json:"mode"`
	Level             Level  `json:"level"`
	Years             int    `json:"years"`
	EntryYear         int    `json:"entry_year"`
	Tuition           int    `json:"tuition"`
	Dorm              int    `json:"dorm"`
	Major             string `json:"major,omitempty"`
	Category          string `json:"category,omitempty"`
	ResearchInstitute bool   `json:"research_institute,omitempty"`
}

// Hardship is the student's self-declared need.
type Hardship struct {
	PreApplied bool     `json:"pre_applied"`
	Categories []string `json:"categories"`
}

// Terms are the loan asked for; amounts are yuan.
type Terms struct {
	Amount           int       `json:"amount"`
	Purpose          []string  `json:"purpose"`
	MaturityYear     int       `json:"maturity_year"`
	Supplementary    bool      `json:"supplementary,omitempty"`
	SameYearPrior    []Prior   `json:"same_year_prior,omitempty"`
	Previous         *Previous `json:"previous,omitempty"`
	RenewalStatement bool      `json:"renewal_statement,omitempty"`
	KeyInfoChanged   bool      `json:"key_info_changed,omitempty"`
}

// Types of a loan taken earlier in the same school year.
const (
	OriginLoan = "生源地"
	CampusLoan = "校园地"
)

// Prior is a loan of the same school year.
type Prior struct {
	Type       string `json:"type"`
	Amount     int    `json:"amount"`
	ContractNo string `json:"contract_no"`
}

// Previous is the latest contract of an earlier year.
type Previous struct {
	ContractNo      string `json:"contract_no"`
	EContract       bool   `json:"e_contract"`
	Amount          int    `json:"amount"`
	GraduatedSince  bool   `json:"graduated_since,omitempty"`
	StudyChangeDone bool   `json:"study_change_done,omitempty"`
}

// Signatures say who signed for whom; empty means not signed.
type Signatures struct {
	Student    Signer `json:"student"`
	Coborrower Signer `json:"coborrower"`
	ProxyNote  string `json:"proxy_note,omitempty"`
}

// Of is how a party signs; empty means not.
func (s Signatures) Of(p Party) Signer {
	if p == CoborrowerParty {
		return s.Coborrower
	}
	return s.Student
}

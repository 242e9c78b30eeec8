"""The matter under review: cracked HV-40 bodies cast by Brennick, and what was known, hidden and paid."""

# ruff: noqa: E501 - a sentence template is easier to read and to edit on one line

from reviewapp.demo.topics.topic import Topic
from reviewapp.demo.vocabulary import lines

CRACKS = Topic(
    name="cracked-bodies",
    share=6,
    relevant=True,
    senders=("quality", "engineering"),
    readers=("quality", "engineering", "operations"),
    subjects=lines("""
        HV-40 bodies, lot {lot}
        [Bench|Proof test] results [week {week}|lot {lot}]
        [Neck|Flange] cracks again
        What we saw on the bench [yesterday|this week]
        Section photos {lot}
        Porosity in the {lot} castings
        Scrap rate relief valve bodies
        HV-40: [hold|stop|sort] or ship?
        Dye penetrant findings
        Failed proof tests
    """),
    openings=lines("""
        we [pulled|took] {n} HV-40 bodies from lot {lot} {past} and {few} of them [show|have] [hairline cracks|a crack|linear indications] [below the neck|next to the seat|at the flange radius].
        the proof test of lot {lot} [stopped|failed] at {nn} bar, which is [well|far] below what the drawing asks for.
        bad news from the bench: body {serial} [split|opened up] [along the neck|at the seat pocket] during the [second|third] cycle.
        I have the [section photos|micrographs] of {lot} now and they are not [pretty|good|what we hoped for].
        another {n} relief valve bodies went into the red bin {past}, same place, same [pattern|crack].
        {colleague} asked me to write down what we [know|have seen] about the castings from Brennick so far.
        the dye penetrant on the [new|latest] delivery shows indications on {n} of {nn} bodies.
        I cut one of the shipped bodies open [out of curiosity|to be sure|because the weight looked wrong]: the wall is {few}.{digit} mm where it should be nine.
        lot {lot} is [worse|no better] than the one before.
        this is the [third|fourth|fifth] lot in a row with shrinkage [holes|cavities] [right under|behind] the neck.
        attached are the readings from bench 2; please look at the {n} marked in red before you [read on|do anything else].
    """),
    details=lines("""
        the crack starts at a [gas pore|shrinkage cavity|cold shut] and [runs|walks] [upwards|around the radius] once the spring load comes on.
        {pct} of the bodies in {lot} fail, against {few} in a thousand [two years ago|with the old foundry|for HV-25].
        the foundry changed the [gating|riser|pouring temperature] [without telling us|in {month}|after the new furnace came] and it shows.
        hardness [next to|around] the crack is {ddd}, so [the heat treatment was skipped|nobody quenched these|the annealing cannot have been done].
        we only [found|saw] it because {colleague} held the pressure for ten minutes instead of [two|one].
        the two-minute test in the procedure would have [passed|waved through] every one of them.
        body {serial} is on my desk if you want to [see|feel] the crack with your own [eyes|thumbnail].
        with the wall that thin the neck can [let go|burst] under steam, I do not want to stand next to it.
        about {ddd} bodies from the same heat [are already in the field|went out in {month}|have been shipped].
        I [stopped|blocked] what is left in the cage, but {colleague2} [released|took] {nn} of them for the {customer} order [anyway|on a signature].
        my [simulation|calculation] says the safety factor drops [from four |]to about one and a half.
        under the microscope you see [oxide films|dross|sand inclusions] all along the fracture face.
        Brennick calls it a [cosmetic|surface] issue, [which it is not|I disagree|and I would like to see them say that under pressure].
        we have [asked|written] three times since {month} for their [process data|X-ray films] and got nothing.
        leaving the bodies in service is a [risk|gamble] I would not [sign|take].
        the X-ray of {serial} shows a [cloud|string] of pores just where the thread ends.
        the [night|late] shift [polished|ground] some of the marks away before the inspection, so our count is [too low|on the friendly side].
        after {nn} cycles the leak rate [doubles|goes through the roof] and you can hear it [whistle|hiss].
        I repeated it with {few} bodies from stock and [every single one|all but one] [cracked|tore] in the same place.
        the [design|drawing] is fine; the same valve cast by the [old|previous] foundry holds {ddd} bar all day.
        in my [report|note] of {date} I [recommended|proposed] to stop shipping the HV-40; I have had no answer.
        it is not a handful any more, we are at {nn} rejected bodies [this quarter|since {month}].
    """),
    asks=lines("""
        can we [please|finally] [stop|hold] the line until we understand this?
        who [decides|has to sign] whether we [call back|recall] what is in the field?
        please do not [release|ship] anything from {lot} until I have [sectioned|pressure tested] {few} more.
        I need a decision {soon}.
        could you [check|pull up] which customers got bodies from heat {heat}?
        [should|do] we tell {customer} now or wait for the [second|outside] lab?
        let me know if you want the [fracture|section] photos in full size.
        [would|could] you [join|come to] the bench {soon}, I want a witness this time.
    """),
    rows=lines("""
        {serial} | neck | {few}.{digit} mm | [REJECT|reject|crack through wall]
        {serial} | [seat|flange|neck] | {ddd} bar | [burst|leak|held 4 min, then leak]
        body {serial}: indication {n} mm, [radial|linear], [reject|scrap]
        {serial}  HB {ddd}  wall {few}.{digit}  [fail|FAIL|pass?]
    """),
)

PAYMENTS = Topic(
    name="supplier-payments",
    share=6,
    relevant=True,
    senders=("purchasing", "finance", "management", "adviser", "foundry"),
    readers=("purchasing", "finance", "management"),
    subjects=lines("""
        Lowmere [invoice|fee|statement]
        The advance for Brennick
        Advisory services [{month}|Q{few}]
        Tooling contribution
        Payment run, two items [apart|separately]
        [Cost centre|Booking] for Lowmere
        Foundry support payment
        Approval below the limit
        Our arrangement with O.
    """),
    openings=lines("""
        the [next|third|second] Lowmere invoice is here, {amount} for [market advice|advisory services|strategic support], with no [report|timesheet|deliverable] attached.
        Brennick [wants|is asking for] the [second half|next instalment] of the advance before they pour another lot.
        {colleague} [agreed|shook hands on] {amount} [with the foundry|with Otto] to keep the castings coming [until {month}|through the winter].
        please pay the attached [in three parts|in two steps] so that each one stays [below|under] the approval limit.
        as discussed in the car, the [contribution|support] for the foundry goes through Lowmere and not through [us|our books directly].
        I am being asked to book {amount} as tooling although [no tool was made|nobody has seen a tool|there is no tool number].
        what exactly does Miles Farrant do for [the money|{amount} a quarter]?
        before I release this: who at Halverin [ordered|received] the [study|advice] that Lowmere is charging?
        the foundry [confirms|says] that the transfer of {amount} has arrived, [thank you|many thanks for the quick help].
        we need to settle the [retainer|success fee] {soon}, Miles has called [twice|me at home].
    """),
    details=lines("""
        there is no contract behind it, only a [two-line mail|handshake|note] from {colleague}.
        if we drop Brennick now [we have no bodies for six months|the whole relief valve line stands still|we would have to explain why].
        the [sum|amount] is [the same as|identical to] what the foundry's owner asked for in {month}, [to the cent|give or take].
        last year we paid them {amount} [in total|all in], this year we are [already|at] double that[ in {month}|].
        I split it over cost centres {dddd} and {dddd} so that it does not [show up|stand out] in the [quarterly|monthly] review.
        {colleague2} signed as [second|first] approver without [seeing|reading] the invoice.
        the advance is supposed to be [set off|deducted] from later deliveries, but no credit note has ever come.
        part of it [goes|flows] back to [somebody|a person] [here|on our side], at least that is what the foundry's bookkeeper [hints|hinted].
        use the description "[process consulting|market study|tooling maintenance]", the auditors [do not ask|never ask] about that.
        the account is [new|a different one], in a bank I [do not know|have never seen], and the letterhead has no [tax|registration] number.
        Otto made it clear that without the [bonus|extra] there would be no [clean paper|sorting|cooperation] for the bad lots.
        three invoices of €9,{digit}00 on the same day is not an accident.
        our [price|rate] per body went up by {pct} in the same month and nobody [negotiated|objected].
        I asked for a [purchase order|contract number] and was told to [stop asking|let it go|ask upstairs].
        the foundry would have [lost|been thrown off] the approved list if the [scorecard|rejects] had been counted honestly.
        [Dorian|Management] wants this [done|out of the door] before the auditors [come|arrive] on {date}.
        put it under [prepayments|other services], we will [clean it up|move it] after year end.
        we keep the foundry [quiet|happy] and they keep [delivering|taking the scrap back without a claim], that is the [deal|arrangement].
        no claim for the rejected bodies was ever filed; instead we [sent|wired] them [money|{amount} more].
        Lowmere was [founded|registered] {n} weeks before the first invoice, I looked it up.
    """),
    asks=lines("""
        [please|kindly] release it {soon} and keep it out of the [weekly|payment] list.
        can you [tell|explain to] me what we are [really|actually] paying for?
        I would like a [written|signed] instruction before I [post|book] this.
        do not put {colleague} on copy [please|for this one].
        [who|which of you] approved the first one?
        let me know the [split|three amounts] and I will [raise|create] the orders.
        please [confirm|text me] once the money is [out|on its way].
        can this wait until somebody outside purchasing has [looked at|seen] it?
    """),
    rows=lines("""
        LA-{ddd} | advisory | €9,{digit}50 | [paid|released|D.V.]
        LA-{ddd} | market study, part {few} | €9,{digit}00 | [paid|open]
        prepayment casting {month} | {amount} | Brennick | no order
        {date} | transfer via Lowmere | {amount}
    """),
)

CERTIFICATES = Topic(
    name="false-certificates",
    share=5,
    relevant=True,
    senders=("quality", "purchasing", "foundry", "operations"),
    readers=("quality", "purchasing", "engineering"),
    subjects=lines("""
        Material papers for {lot}
        3.1 certificates, heat {heat}
        Certificate with the [new|right] date
        Paperwork before the audit
        Which heat number is right?
        Missing mill certificate
        Corrected test record {lot}
        Documents for the {customer} file
    """),
    openings=lines("""
        the heat number on the certificate does not [match|agree with] what is cast into the bodies.
        [please|can you] [redo|retype] the material certificate for {lot} with the values from heat {heat}, the [real|measured] ones are out of range.
        the paper that came with the Brennick delivery is [a copy of|word for word] the one from {month}, only the date was changed.
        I was asked to sign a test record for {nn} HV-40 that [were never on the bench|nobody has pressure tested|I did not test].
        the inspector's stamp on certificate {dddd} belongs to somebody who [retired|left] [a year ago|in {year}].
        for the audit we need a [full|clean] set of papers for {lot}, [one way or another|and we have four of nine].
        elongation on the certificate says {nn} percent, our own lab measured {few}.
        here is the [new|revised] certificate [with the date you wanted|as requested|dated back to {month}].
    """),
    details=lines("""
        the signature is a [picture|scan] [pasted in|dropped in], you see the grey box around it.
        {colleague} keeps a [blank|signed] form on the shared drive and fills in whatever [number|value] is [needed|missing].
        the lab [has no record|never heard] of a sample with that number.
        chemistry and tensile results are [identical|equal] to the last digit for three [different|separate] melts, which cannot be.
        I [changed|moved] the test date to {date} so that it lies before the shipment.
        nobody at the customer compares the numbers, [they just file it|he said|so it will be fine].
        if the notified body asks for the raw data we have [nothing|none] to show.
        the original says [not accepted|rejected] in the last box; in the version we sent that line is [gone|cut off].
        Sabine sent it as an [editable|open] file "so that you can adjust it", her words.
        the pressure chart attached to {serial} is the chart of an HV-25 with the header [covered|cropped].
        we have shipped {ddd} valves on that [paper|piece of paper].
        I will not put my stamp on [this|values I have not seen], please find somebody else.
        the foundry says their spectrometer was [broken|down] from {month} on, so where do these values come from?
        in the [system|archive] the record was [overwritten|edited] by user qadmin [at|around] {time} on a Sunday.
        [two|three] of the numbers were [typed over|whitened out], hold the page against the light.
        {colleague} knows, we spoke {past}, and said to use the old template.
        the declared grade would have needed an anneal that their furnace log does not show.
        the serials on page two belong to bodies that went to scrap in {month}.
    """),
    asks=lines("""
        please send the [missing|other] ones in the same style {soon}.
        can we get a [true|genuine] re-test instead of another [piece of paper|form]?
        which [version|one] did {customer} receive?
        please delete the [earlier|first] file from the folder once you have the new one.
        do we [have to|need to] report this to the notified body?
        tell me what date you need and I will [see to it|adjust it].
        who has the stamp at the moment?
    """),
    rows=lines("""
        heat {heat} | Rm {ddd} | A {nn} | [as typed|lab: {few}|changed]
        cert {dddd} | {lot} | dated {date} | shipped {date}
        {serial} - no chart - [use HV-25 chart|fill in]
    """),
)

INCIDENTS = Topic(
    name="field-incidents",
    share=4,
    relevant=True,
    senders=("customer", "sales", "engineering"),
    readers=("sales", "quality", "engineering"),
    subjects=lines("""
        Incident on {date}
        Steam release at our plant
        Complaint {dddd}: safety valve
        {customer}: what do we tell them
        Unit returned, serial {serial}
        Shutdown of line {few}
        Injury report
        Answer to the {customer} complaint
    """),
    openings=lines("""
        {past} the safety valve on our [boiler|header|steam line] {few} came apart without warning and [filled the hall with steam|blew the lagging off].
        one of our operators was [scalded|burned] on the [arm|hand] when the housing of your valve [gave way|opened].
        {customer} [called|phoned] again: that is the [second|third] unit which has [let go|failed] within {n} weeks.
        we had to evacuate the [boiler house|filling hall] at {time} because the relief device would not hold.
        the unit with serial {serial} came back from {customer} in two pieces.
        I was on site at {customer} {past} and what I saw [is not an installation error|has nothing to do with torque|worries me].
        our insurer has asked for your statement on the [rupture|failure] of {date}.
    """),
    details=lines("""
        the housing broke [clean through|in half] under the bonnet, the spring was found {n} metres away.
        it had been in service for {n} weeks at a third of its rated pressure.
        the [official line|agreed wording] is over-tightening by the fitter; between us, [the torque marks are perfect|nobody believes it|we have seen the same break at home].
        the fracture surface is grey and [spongy|full of holes], any apprentice can see that it was bad metal.
        nobody was [badly|seriously] hurt this time.
        they want to know [how many others|which other sites] have units from the same year.
        sales [promised|offered] a free replacement if the customer [does not file a report|sends the pieces back|signs the release].
        the replacement came from the same [batch|production week], so we have won nothing.
        the inspectorate was here [for two hours|the next morning] and took the parts with them.
        please understand that we cannot restart line {few} with this make on it.
        {colleague} told them it was the first case we ever had, which is the [third|fourth|sixth] on my list.
        the pieces are in a box under my desk and I have been told not to [enter a complaint number|log it].
        lost production so far is {money}, and that is a careful figure.
        at {customer} they now [rope off|keep people away from] every one of ours during start-up.
        for the letter we should avoid the words "defect" and "known".
        the [plant|site] doctor has confirmed second degree burns.
        they have pictures, and a video from the gate camera in which you see the cloud.
        we were told at the time of purchase that every body is tested to twice the working pressure.
    """),
    asks=lines("""
        what are you going to do about the {nn} other units in our plant?
        please send somebody {soon}, and not somebody from sales.
        I need [wording|an answer] that does not [admit|promise] anything.
        can engineering [look at|examine] the pieces before they [disappear|go to the foundry]?
        please confirm in writing that the rest of the delivery is safe.
        are there other [cases|customers] we should know about?
        do we have to tell the authority ourselves, and who does it?
    """),
    rows=lines("""
        {date} | {customer} | serial {serial} | [housing burst|steam release|leak, then rupture]
        case {few}: {customer}, {n} weeks in service, [no injury|one injured|line stopped]
    """),
)

SILENCE = Topic(
    name="concealment",
    share=4,
    relevant=True,
    senders=("management", "purchasing", "quality", "sales", "adviser"),
    readers=("management", "purchasing", "quality", "legal", "operations"),
    subjects=lines("""
        Heron
        Not by mail please
        The [blue|other] folder
        {day}
        Our conversation
        Before the board [meets|meeting]
        Short version for the board
        (no subject)
        Lunch?
        What we said in {city}
    """),
    openings=lines("""
        please no more mails about Heron, [call me|come by|ring me on the private number].
        I have taken the pages about [you know what|our friends up north|O.'s little problem] out of the board pack.
        the [blue folder|list] stays in my [drawer|car], [nobody copies it|there is one copy and that is enough].
        can everybody please [tidy up|go through] their [drive|mailbox] and make sure that the [early|spring] reports are not lying around.
        if [one of the auditors|anybody from legal|a journalist] asks, we heard of it for the first time in {month}.
        this should have stayed between the four of us.
        I thought about what you said in {city} and I do not want my name [on it|under that memo].
        {colleague} has [started asking|been asking] questions about our friends up north and we should agree on an answer.
        [Caroline|The board] gets the short version, without the [numbers|pictures|annex].
    """),
    details=lines("""
        whoever was in the room in {city} knows, and nobody else has to.
        I would rather [explain|pay for] a late delivery than that.
        what is not written down [cannot be asked for|does not exist|can't leak].
        {colleague2} will take the blame for the [delay|mess] if it comes to that, [we talked|it is agreed].
        the minutes will say that the item was [postponed|not reached].
        Peter's memo never [reached|got to] anybody, is that understood?
        we have known since {month} and every week makes it [harder|worse].
        I slept badly; somebody is going to get [hurt|killed] and then the dates will be read very carefully.
        our friends up north keep their mouths shut as long as they are [looked after|kept warm].
        the annex with the photographs is [out|gone], and so is the table.
        a recall would cost {few} million and the bank would [walk away|pull the line], so the answer is no.
        let them think it is a [logistics|capacity] problem.
        use the [other|private] address from now on, the one with the numbers.
        after the sale of the division this is [somebody else's|the buyer's] problem.
        the old test reports were [archived|put] where even IT would have to look for them.
        [Wei|Yusuf] refuses to [play along|keep still] and needs to be moved to another project.
        I told the insurer that we had no indication of anything, so please nobody contradict me.
        do not use the word "known" in any draft.
        you asked what happens if it comes out: [we all go|I go first|then it was never about paper].
        there is one more person who has the pictures.
    """),
    asks=lines("""
        delete this when you have read it.
        call me, do not [reply|write].
        are we [all|still] telling the same story?
        please bring your copy {soon}, I will [shred|take care of] it.
        can you make sure {colleague} is not invited?
        tell me that you [understand|agree], one word is enough.
        walk with me at lunch.
    """),
)

MATTER: tuple[Topic, ...] = (CRACKS, PAYMENTS, CERTIFICATES, INCIDENTS, SILENCE)

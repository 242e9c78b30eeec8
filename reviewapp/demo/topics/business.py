"""Ordinary business that shares its words with the matter: invoices, tests, repairs, orders, freight, contracts."""

# ruff: noqa: E501 - a sentence template is easier to read and to edit on one line

from reviewapp.demo.topics.topic import Topic
from reviewapp.demo.vocabulary import lines

INVOICES = Topic(
    name="invoices",
    share=11,
    senders=("finance", "purchasing"),
    readers=("finance", "purchasing", "operations"),
    subjects=lines("""
        Invoice {invoice}
        [Open items|Statement] {supplier}
        Payment reminder {invoice}
        {po}: goods receipt missing
        Credit note {vendor}
        [Month|Quarter] end [closing|cut-off]
        Approval needed: {invoice}
        Price difference on {po}
        New bank details {supplier}
        Supplier scorecard {month}
    """),
    openings=lines("""
        invoice {invoice} from {vendor} is [blocked|stuck] because the [goods receipt|order number|cost centre] is missing.
        {vendor} [reminds|asks] us [for the second time|politely|once more] about {invoice}, due {past}.
        please [approve|release] the attached invoice over {amount}, the delivery [arrived complete|was booked] {past}.
        the quantity on {invoice} does not [match|agree with] the delivery note, they charged {nn} [boxes|pieces] and we got {n} fewer.
        the monthly statement of {vendor} shows {few} open items, [two|one] of which I cannot find.
        we received a credit note of {money} for the [returned|damaged] [goods|pallets].
        [month|quarter] end is on {date}, so please [send|hand in] everything that is still [on your desk|in a drawer].
        {supplier} has changed banks and I have called them back on the known number to [verify|confirm] it.
        {vendor} raised the [list price|surcharge] by {pct} and {invoice} already has it.
        the yearly bonus agreement with {vendor} gives us {pct} back if we pass {amount}.
        I have three [small|little] invoices from Brennick for [brackets|counterweights|pump feet], all against [regular|open] orders.
    """),
    details=lines("""
        order {po} was raised by {colleague} and is approved in the [system|workflow].
        we keep [two|three|{few}] percent discount if we pay [within|in] {nn} days.
        the [freight|packaging] surcharge was not [agreed|in the quotation], I have asked them to take it off.
        tax is shown at the [wrong|old|reduced] rate on [page two|page {few}|the last line].
        the tooling for {product} is ours, inventory number {dddd}, and is written off over {few} years.
        I split the amount over [two|three] cost centres as [production|the plant] uses it in both halls.
        the advance of {pct} was agreed in the contract and is secured by a bank guarantee.
        it is above my limit, therefore it goes to {colleague2} as second approver.
        [nothing|no] unusual: same price as last {month}, same quantity.
        the auditors picked it [as a sample|at random|this time], so I need the [order|delivery note|contract|approval] as well.
        please note our new billing address, the old post box [closes|was closed] in {month}.
        the payment run is on {day}, whatever is not released by {time} [slides|moves|goes] to the next [one|week].
        they sent it [twice|three times|by mail and by post], the [second|extra] copy has been [cancelled|deleted|sent back].
        accruals for [energy|temporary staff|maintenance] are an estimate, {money} this time.
        exchange difference is {few} euros and {nn} cents, I booked it out.
        it was posted to {dddd}, it should be {dddd}, I will [reverse|repost] it.
        their accounts person is [new|on leave] and very [helpful|thorough].
        the consultant's timesheets are [attached|complete], {nn} days at the agreed rate.
        the [balance confirmation|statement|reconciliation] came back [without differences|signed|with {few} cents difference].
        all three quotes are in the folder, {supplier} was the cheapest by {pct}.
    """),
    asks=lines("""
        please book the [goods receipt|delivery] {soon}.
        can you send a [corrected|new] invoice with our order number?
        could you tell me which cost centre to use?
        please [confirm|check] the balance and [sign|return] the form.
        who ordered this?
        please release it {soon} so that it makes the payment run.
        may I ask for a copy of the delivery note?
        let me know if you [disagree|see it differently], otherwise I will pay.
    """),
    rows=lines("""
        {invoice} | {date} | {money} | [open|paid|blocked]
        pos {n}: {nn} pcs [gasket DN{nn}|stud M{n}|bracket, welded|packing tape] @ {few}.{nn}
        {po} | {vendor} | {money} | [received|partly received]
        {dddd} | [postage|tools|cleaning|gas bottles] | {money}
    """),
)

QUALITY = Topic(
    name="routine-quality",
    share=10,
    senders=("quality", "engineering", "operations"),
    readers=("quality", "engineering", "operations", "purchasing"),
    subjects=lines("""
        Calibration [due list|plan]
        First article {product}
        Audit [plan|agenda] {site}
        [Proof test|Bench] report {product}, week {week}
        Deviation request {product}
        Certificate [index|filing]
        Drawing change {product}
        Incoming inspection [backlog|numbers]
        Gauge {dddd}
        HV-40 nameplate [layout|colour]
    """),
    openings=lines("""
        the first article report for {product} is [done|finished] and everything is within [tolerance|drawing limits].
        the external auditor [comes|will be here] on {date} to look at [calibration|training records|document control].
        we [tested|ran] {nn} {product} on bench {few} {past}, no [findings|leaks], all charts are [filed|in the folder].
        gauge {dddd} is [overdue|due] for calibration and has been taken out of [use|the cell].
        here are the incoming inspection numbers for week {week}.
        {supplier} asks for a deviation on {product}: {n} parts with a [scratch|dent] on the [flange|cap] outside the sealing face.
        the new drawing revision of {product} [changes|corrects] the [thread depth|surface note|gasket groove].
        dye penetrant on the {product} bodies from {supplier} came out clean, {nn} of {nn}.
        training on the [new|updated] inspection plan takes place on {date} in {room}.
        we want to move the HV-40 name plate {n} mm to the left so that the [customer tag|bar code] fits.
    """),
    details=lines("""
        the [three|few|{n}] paint [blisters|runs|chips] are cosmetic and were [touched up|left as they are|sanded].
        the lab repeated the tensile test, {ddd} and {ddd}, both comfortably above the minimum.
        {pct} rejects is our normal level, mostly burrs and [paint|missing labels].
        [hardness|weight|roughness|run-out] was checked on every [third|fifth|tenth] piece as the plan says.
        the material certificates are [scanned|indexed|complete] and [filed|linked|kept] under the [heat|order|project] number.
        the crack detection lamp needs a new [bulb|filter], otherwise the booth is in good order.
        {colleague} has updated the procedure to revision {n}; the old one is withdrawn.
        the coordinate measuring machine was warm and the first {n} readings were [repeated|thrown away].
        the pressure gauge reads {few} millibar low at the top end, within its class.
        the supplier answered the complaint within {n} days and sent a proper report.
        we agreed with {customer} on a [witnessed|joint] test of {few} units on {date}.
        Brennick passed the [yearly|paper|environmental] audit for [machined brackets|counterweights|pump feet] with [two minor remarks|no remarks|one remark on housekeeping].
        the control chart shows a [shift|jump|trend] after the [tool change|holiday|coolant change], since then it is [stable|flat|back to normal].
        scrap is down by {pct} since {colleague2} rearranged the [fixtures|racks].
        the shelf life of the O-rings ends in {month}, please use the older box first.
        the seat leakage of {product} was zero bubbles in two minutes at {nn} bar.
        the customer wants the test charts in [colour|their own template|landscape|a spreadsheet|one file per valve].
        sampling goes back to normal after {few} good lots in a row.
        the salt spray samples have reached {ddd} hours and look [fine|like new].
        I counted {nn} open actions, {n} of them older than {few} weeks.
    """),
    asks=lines("""
        please sign the [report|checklist] and return it {soon}.
        can operations [lend|give] us somebody for the stock count of gauges?
        let me have your comments on the draft {soon}.
        who [keeps|has|borrowed] the torque wrench with the [green|yellow|blue] [tape|tag]?
        could you [check|measure] {few} more from the next box?
        please bring your [training record|safety shoes|badge] to the [audit|training|walk-round].
        shall we close [the action|action {dddd}|this point][| now| then]?
    """),
    rows=lines("""
        {product} | {nn} tested | {few} reworked | 0 rejected
        gauge {dddd} | due {date} | [in use|at the lab|locked]
        {serial} | {nn} bar | 0 bubbles | ok
        dim {n}: nominal {nn}.{digit} measured {nn}.{digit} [ok|OK|in tol.]
    """),
)

MAINTENANCE = Topic(
    name="maintenance",
    share=8,
    senders=("operations", "facilities"),
    readers=("operations", "facilities", "purchasing"),
    subjects=lines("""
        {machine}
        Shutdown [plan|weekend] {month}
        Spare parts for {machine}
        Leak [in|at] hall [A|B|C]
        Lubrication [plan|round]
        Night shift [handover|notes]
        Inspection of the pressure vessels
        Work order {ticket}
    """),
    openings=lines("""
        {machine} [stopped|tripped] at {time} with error {ddd} and would not restart.
        we found a [leak|drip] under {machine} during the [morning|night] round.
        the [yearly|planned] shutdown is from {date} for {n} days, please plan your orders around it.
        the gearbox of {machine} [makes a noise|is running hot|needs oil] again.
        the inspector will look at the boiler and its safety valve on {date}.
        spare parts for {machine} have [arrived|been ordered], {colleague} will fit them {soon}.
        night shift reports: [quiet|nothing special|a quiet one], except for {machine}.
        a weld on the bracket of {machine} has [a crack|cracked], we took it out of service until it is redone.
    """),
    details=lines("""
        the seal was [worn|hard as glass], we put in a new one and it is dry now.
        steam came out at the [flange|elbow|drain] of the heating line, [two bolts were loose|the gasket was gone|it is tight now].
        vibration is at {few}.{digit} mm/s, last month it was {few}.
        [bearing|belt] changed, {few} hours, {colleague} and one apprentice.
        the electrician found a [chewed|broken|melted] cable behind the [cabinet|drive|panel], we suspect [a mouse|the heat|the forklift].
        {vendor} can send a fitter on {day} for {money}, travel not included.
        the pressure drops by [half a bar|{few} millibar|a bar] [an hour|a shift|overnight] when everything is [closed|switched off].
        please do not [hang coats on|lean against|tape over] the [emergency stop|light barrier|warning lamp].
        we lost {few} hours of production, mostly waiting for the part.
        the relief valve on the compressor was bench tested and set to {n} bar as every year.
        the oil sample showed [water|a bit of copper|nothing|some dust], so we [changed it early|left it in|will look again in {month}].
        the pump has done {dddd} hours since its last overhaul.
        the [lock-out tag|padlock|red tag] stays on until [I take it off myself|{colleague} is back|the fitter has signed].
        the old motor is beyond repair, a rewound one costs {money}.
        filters are on the shelf next to the [door|grinder], use the long ones.
        hall C was cold because the [fan heater|valve actuator] had no power.
        we should keep one spare [contactor|pump head] on site, it takes {n} weeks to get it.
        after the restart it ran {n} hours without a stop.
    """),
    asks=lines("""
        can planning give us the machine for {few} hours {soon}?
        please order {few} more, we used the last one.
        who has the key to the [compressor room|roof hatch]?
        please tell the late shift to [watch|listen to] it.
        can you approve the [overtime|quote]?
        call me when it [stops|happens] again, do not reset it.
    """),
    rows=lines("""
        {time}  {machine}: [reset|oil topped up|belt tightened|cleaned]
        WO {ticket} | {machine} | {few} h | [done|waiting for parts|open]
        [{nn}|{ddd}] h  {nn} degrees  {few}.{digit} bar
    """),
)

SALES = Topic(
    name="sales",
    share=10,
    senders=("sales", "management"),
    readers=("sales", "operations", "engineering"),
    subjects=lines("""
        Forecast {month}
        Quotation {anyproduct} for {customer}
        Order {po}
        [Delivery|Lead] time {anyproduct}
        {customer}: visit report
        Price list {year}
        Trade fair [stand|team]
        Tender {customer}
        Discount request {customer}
    """),
    openings=lines("""
        {customer} [asks|would like] to order {nn} {anyproduct}, delivery in {month} if [possible|we can].
        please find below my forecast for {month}; the [upside|big one] is {customer}.
        I [visited|met] {customer} {past}, [good|friendly] meeting, {few} people on their side.
        we would like a quotation for {nn} pieces of {anyproduct} with [flanged|threaded] ends.
        we [won|lost] the tender at {customer}, [by a hair|mainly on delivery time|on price].
        what lead time may I [promise|give] for {nn} HV-40 in the standard [version|material]?
        {customer} wants {pct} [discount|off] for a frame order over {amount}.
        registration for the trade fair in {city} closes on {date}.
        order {po} is [confirmed|in the system] for week {week}.
    """),
    details=lines("""
        set pressure is {n} bar, medium saturated steam, connection DN{nn}.
        the competitor offers {pct} less but needs {nn} weeks.
        they are [happy|satisfied] with the HV-40 they bought in {year} and want the same again.
        probability is {nn} percent in my view, closing before {month}.
        {colleague} will run the sizing {soon}.
        their buyer is new and wants to see [references|the brochure|a plant tour].
        margin is thin at {pct}, still above our floor.
        the certificate package costs {money} extra and has to be on the quotation.
        payment terms are {nn} days, as in the frame agreement.
        they complained about [late answers|our hotline|the paperwork], not about the [product|price|people].
        {anyproduct} is [strong|flat|slow] this quarter, spare parts are up by {pct}.
        please add packing for [sea|air] freight, the crates [go to a humid place|will sit on a quay|travel for {few} weeks].
        the order intake is {money} ahead of plan, mostly because of one project.
        we showed the cut-away HV-40 [on the stand|in the lobby|at the fair] and [people|visitors|students] loved to [touch|turn|photograph] it.
        their plant in {city} will be extended, ground work starts in {month}.
        delivery can be split in {few} lots if that helps production.
        the customer returned {few} pieces because the wrong size had been ordered.
        last year's revenue with them was {amount}.
        I promised the drawing in PDF and the 3D model {soon}.
        their engineer [asked for|misses] the [capacity table|sizing chart|data sheet] in [the old units|bar|French].
    """),
    asks=lines("""
        can production confirm week {week}?
        please send me the [latest|new] price list {soon}.
        who can join the call with {customer} on {day} at {time}?
        do we have {n} in stock for a quick delivery?
        please update your lines in the forecast {soon}.
        could you prepare the quotation {soon}?
        may I offer the {pct}?
    """),
    rows=lines("""
        {customer} | {anyproduct} | {nn} pcs | {money} | {nn} %
        pos {n}  {anyproduct} DN{nn}  {few} weeks  {money}
        {month}: plan {ddd}k, forecast {ddd}k, [won|open|at risk]
    """),
)

FREIGHT = Topic(
    name="logistics",
    share=7,
    senders=("freight", "operations", "sales", "purchasing"),
    readers=("operations", "purchasing", "sales"),
    subjects=lines("""
        Pick-up {date}
        Shipment {dddd}-{nn}
        Customs [papers|invoice] for {city}
        Pallet [count|exchange]
        Truck [late|delay] {day}
        Delivery note {dddd}
        Container to {city}
        Stock count {site}
    """),
    openings=lines("""
        the truck for {city} [is running late|was held up|stands in a queue] and will reach you around {time}.
        we have {n} pallets ready for {customer}, {ddd} kg, [stackable|not stackable].
        customs in {city} asks for the [tariff number|origin declaration|packing list] for shipment {dddd}.
        one crate of shipment {dddd} arrived [wet|open at one corner|on its side].
        the castings from {vendor} will be [delivered|dropped] on {day} instead of {day}.
        the stock count in {site} is finished, difference {pct}.
        please book a [truck|van|courier] to {site} for {date}.
        the carrier wants to raise the fuel surcharge to {pct}.
    """),
    details=lines("""
        the driver has the gate code and speaks [a little English|German|Spanish].
        {nn} boxes of {product} are on the lower shelf, the labels face the wall.
        gross weight is {dddd} kg, dimensions one twenty by eighty by {nn}.
        we took pictures [before|while] we [opened|signed for|moved|unwrapped] it.
        the seal number on the container is {dddd}{digit}, please compare.
        two pallets of HV-40 go to {customer}, the rest stays for the {day} truck.
        demurrage is {money} per day after the [second|third|fifth] day.
        {colleague} has the forklift licence, the new one does not yet.
        the delivery note says {nn}, I counted {nn}.
        the ferry on {day} was cancelled because of the wind.
        empty cages go back to Brennick once there are {n} of them.
        we are out of [stretch film|edge protectors|labels] again.
        the shipment was cleared {past} without inspection.
        please have the dock at gate {few} free from {time}.
        the [parcel|crate|envelope] went to the [old address|wrong {site} gate|neighbour] and [came back|is on its way again|took {n} days].
        the driver waited {few} hours, we will be charged for it.
    """),
    asks=lines("""
        please confirm the slot {soon}.
        can somebody sign for it at {time}?
        who pays the [waiting time|storage]?
        please send the [packing list|invoice|declaration] [in two copies|as a PDF|with the driver].
        can we move it to {day}?
        let me know the number of pallets {soon}.
        please check whether the box with the spare keys is there.
    """),
    rows=lines("""
        pallet {n} | {product} | {nn} pcs | {ddd} kg
        {date} | {city} | {few} pallets | [loaded|booked|on hold]
        {dddd}{nn} | {customer} | [in transit|delivered|at customs]
    """),
)

LEGAL = Topic(
    name="legal",
    share=6,
    senders=("legal", "purchasing", "sales", "it"),
    readers=("legal", "management", "purchasing", "sales"),
    subjects=lines("""
        NDA {supplier}
        Confidentiality agreement, {project}
        Terms and conditions {customer}
        Power of attorney
        Trade mark renewal
        Lease {site}
        Data protection [questionnaire|training]
        Signature pages
        Insurance [renewal|schedule]
    """),
    openings=lines("""
        attached is the [draft|mark-up] of the confidentiality agreement with {supplier}.
        {customer} [insists on|wants] their own terms for {project} and I see {few} points to discuss.
        the lease for {site} ends in {month} and we have to give notice {n} months before.
        please sign on page {n}, [electronically|in blue ink], and leave the date open.
        the renewal of the trade mark in class {few} is due on {date}.
        under {project} nobody outside the named list may see the data room.
        our product liability policy comes up for renewal and the broker needs figures {soon}.
        the agreement with {vendor} runs out on {date} unless we extend it.
    """),
    details=lines("""
        confidential information stays protected for {few} years after the end.
        clause {n} on liability is unlimited, that cannot stay.
        the governing law should be [ours|neutral], the [place|language] of arbitration I would [leave open|give away|not fight about].
        {colleague} has authority up to {amount}, above that we need a second signature.
        the data room is open until {time}, downloads are [switched off|logged].
        do not [forward|print|save] the draft, please; [use the link|it changes daily|the link is enough].
        all copies are to be returned or [destroyed|deleted] [at the end of the talks|within {nn} days|on request].
        retention for [contracts|invoices|drawings] is [ten|eight|{n}] years, for [application papers|visitor lists|camera pictures] [six months|{nn} days].
        the supplier accepts our code of conduct with one change on page {few}.
        warranty would be {nn} months from delivery, which is market standard.
        the recall cover in the policy has a deductible of {money}.
        I removed the penalty for late delivery and put a cap of {pct}.
        there is nothing to [disclose|declare|report] from our side as far as I [know|can see|am told].
        the notary has time on {date} at {time}.
        we need an extract from the register that is not older than {few} months.
        the definition of "[affiliate|defect|working day|territory]" is [circular|too wide|missing], I [rewrote it|took ours|put a note].
        their lawyer is [reasonable|new|pleasant] and answers [within the day|at night|in full sentences].
        the insurer asks for claims of the last five years: {few} small ones, all closed.
    """),
    asks=lines("""
        please send me your comments {soon}.
        who is the right person to sign for {supplier}?
        can purchasing live with [the cap|clause {n}]?
        please keep this in the circle of {project}.
        could you send the signed original to {room}?
        any objections?
    """),
    rows=lines("""
        clause {n}.{few} | [accepted|open|deleted] | {colleague}
        {date} | [draft {few}|signature|notary] | {supplier}
    """),
)

PRODUCTION = Topic(
    name="production-planning",
    share=6,
    senders=("operations", "sales", "engineering"),
    readers=("operations", "sales", "quality", "purchasing"),
    subjects=lines("""
        Plan week {week}
        Shift [roster|plan] {month}
        Shortage {product}
        {anyproduct} [assembly|line]
        Overtime [Saturday|this weekend]
        Setup times
        Line {few} [numbers|output]
    """),
    openings=lines("""
        the plan for week {week} has {ddd} {anyproduct} and {nn} {product}.
        we are [short of|missing] {nn} springs for {anyproduct}, {supplier} delivers on {day}.
        line {few} made {ddd} pieces {past}, [a little|well] [above|below] target.
        I need {few} volunteers for [Saturday|the early shift], [paid as usual|breakfast is on me].
        because of the holiday on {day} the week has only four days.
        please move the HV-40 order for {customer} behind the {product} order.
        setup of {machine} took {few} hours instead of one.
    """),
    details=lines("""
        {colleague} is on leave, {colleague2} takes over the board.
        assembly needs the bodies on {day} morning, machining has them on the {day} list.
        the backlog is {n} days, mostly {product}.
        we can gain [half a shift|{few} hours|a day] if the kits are [picked|checked|labelled] [the day before|at night|in {site}].
        the trainee did {nn} valves on the first day, no rework.
        the HV-40 [fixture|gauge block|torque arm] is back from the [tool shop|repair|grinder] and [holds well|fits again|looks new].
        stock of bodies from Brennick covers {few} weeks at the current rate.
        {nn} pieces are waiting for name plates.
        the new trolley saves about {n} steps per valve.
        output was low because two people were at the first aid course.
        the paint needs {n} hours to dry in this weather.
        please write the lot number on the [card|traveller], not on the box.
        we run {product} in one go to avoid a second setup.
        efficiency was {nn} percent, the best since {month}.
        the line balance is off by {nn} seconds at station {few}.
        inventory is counted on {date}, nothing moves after {time}.
    """),
    asks=lines("""
        please tell me {soon} whether that works for you.
        can sales live with week {week}?
        who can lend me {few} people on {day}?
        please book your hours before you leave.
        can we get the [springs|seats|spindles|name plates] [earlier|by {day}|in two lots]?
        please update the board {soon}.
    """),
    rows=lines("""
        wk {week} | {anyproduct} | plan {ddd} | actual {ddd}
        {day} | early {n} | late {n} | night {few}
        {po} | {customer} | {nn} {product} | [ok|late|wait for parts]
    """),
)

FROM_CUSTOMERS = Topic(
    name="customer-mail",
    share=4,
    senders=("customer",),
    readers=("sales", "operations"),
    subjects=lines("""
        [Inquiry|Request] {anyproduct}
        Our order {po}
        Delivery [date|address]
        Spare parts {product}
        Plant visit {date}
        Data sheet {anyproduct}
    """),
    openings=lines("""
        please [quote|offer] {nn} {anyproduct} with [flanged|threaded] ends, DN{nn}, delivery [ex works|free our plant].
        our order {po} was promised for week {week}; is that still [realistic|valid]?
        we need spare [gaskets|springs|seats] for {few} {product} from {year}.
        the delivery of {past} arrived complete and in good order.
        we are planning a new [steam|water|dosing] line and would like your advice on the sizing.
        thank you for the plant tour {past}, our young engineers are still talking about it.
        please change the delivery address of {po} to gate {few}, the old one is closed.
    """),
    details=lines("""
        the medium is [steam|hot water|mild lye] at {nn} degrees and {n} bar.
        we have used the HV-40 for years and see no reason to change.
        our buyer is [on leave|new], so please send the offer to me as well.
        the shutdown begins on {date}, parts must be here a week before.
        please quote the material certificate as a separate item.
        your competitor offers {n} weeks, you will have to be [faster|cheaper].
        the valve should [open|be set] at {n} bar and carry our tag number.
        our safety officer wants the declaration of conformity in two languages.
        we pay within {nn} days, as always.
        the crate was [too heavy|too wide] for our lift, please use two next time.
        there is a little rust on {few} of the bolts, we have brushed it off ourselves.
        budget approval is expected in {month}.
        could it be painted [grey|blue|red], to match the rest of the line?
        the drawing shows the drain on the left, we need it on the right.
    """),
    asks=lines("""
        please send the offer {soon}.
        when may we expect the goods?
        could your engineer call me on {day} at {time}?
        please confirm the [new date|change] in writing.
        do you have {few} in stock?
    """),
    rows=lines("""
        pos {n}: {nn} pcs {anyproduct}, DN{nn}, {n} bar
        {nn} x [gasket|spring|seat|bolt set] for {product}, {year}
    """),
)

FROM_SUPPLIERS = Topic(
    name="supplier-mail",
    share=4,
    senders=("supplier", "foundry", "supplier", "freight"),
    readers=("purchasing", "finance", "operations"),
    subjects=lines("""
        Your order {po}
        Order confirmation {po}
        Statement of account {month}
        [Price|Surcharge] as of {month}
        Holiday closing
        Delivery [notice|week {week}]
        Reminder {invoice}
    """),
    openings=lines("""
        thank you for your order {po}, which we confirm for week {week}.
        may we remind you of our invoice {invoice}, which was due {past}?
        our works will be closed from {date} for {n} days.
        due to the price of [energy|nickel|scrap] we have to raise our surcharge to {pct} from {month}.
        enclosed please find the statement of account with {few} open items.
        the [brackets|counterweights|pump feet|gaskets|studs] of your order {po} will leave us {soon}.
        we are glad to tell you that the yearly bonus of {money} has been credited.
    """),
    details=lines("""
        the order confirmation is binding unless we hear from you within {few} days.
        please note the new direct dial of our accounts team.
        the pattern for the bracket is worn and should be [repaired|replaced] at your cost, {money}.
        partial delivery of {nn} pieces is possible in week {week}.
        the certificate will travel with the goods, a copy is in the portal.
        our furnace is relined in {month}, please order early.
        the payment has arrived this morning, thank you.
        we can offer {pct} for payment in advance.
        pallets and cages remain our property.
        our sales colleague would like to visit you on {date}.
        the old price holds for all orders placed before {date}.
        we have moved the order to the [second|night] shift to keep the date.
        packing is done in boxes of {nn}, labels as you asked.
        should the item have been paid in the meantime, please forget this letter.
    """),
    asks=lines("""
        please confirm {soon}.
        would you kindly [pay|settle] the amount {soon}?
        whom may we contact about the drawing?
        please send us the empty cages.
        may we count on your order for the next quarter?
    """),
    rows=lines("""
        {invoice} | due {date} | {money}
        pos {n}: {ddd} pcs [bracket|counterweight|pump foot|stud], {few}.{nn} each
    """),
)

BUSINESS: tuple[Topic, ...] = (
    INVOICES, QUALITY, MAINTENANCE, SALES, FREIGHT, LEGAL, PRODUCTION, FROM_CUSTOMERS, FROM_SUPPLIERS,
)  # fmt: skip
